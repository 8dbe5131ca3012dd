#include "tools/image_files.h"

#include <algorithm>
#include <filesystem>
#include <istream>
#include <map>
#include <set>

#include "data/formats/image_folder.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"

namespace tools {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return extension;
}

void add_folder(const std::string& folder, bool recursive, FoundImages& out) {
  const data::ImageFolder found = data::list_images(folder, recursive);
  for (const fs::path& image : found.images)
    out.files.push_back((fs::path(folder) / image).string());
  out.below += found.below;
  for (const auto& [ending, count] : found.others) out.others[ending] += count;
}

void add_list(std::istream& list, FoundImages& out) {
  constexpr size_t kLongest = 4096;
  std::string line;
  for (int64_t number = 1;; ++number) {
    line.clear();
    int c = list.get();
    for (; c != EOF && c != '\n' && line.size() <= kLongest; c = list.get()) line += char(c);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (number == 1) line = data::plain_text(line, "standard input");
    if (line.size() > kLongest || line.find('\0') != std::string::npos)
      fail(ExitCode::data, "standard input, line ", number,
           ": no path of an image, expected at most ", kLongest, " bytes without a NUL");
    if (!line.empty()) out.files.push_back(line);
    if (c == EOF) break;
  }
  if (list.bad()) fail(ExitCode::data, "standard input: cannot be read");
}

}  // namespace

FoundImages find_images(const std::vector<std::string>& inputs, bool recursive,
                        std::istream& list) {
  FoundImages found;
  for (const std::string& path : inputs) {
    std::error_code unknown;
    if (path == "-")
      add_list(list, found);
    else if (fs::is_directory(path, unknown))
      add_folder(path, recursive, found);
    else
      found.files.push_back(path);
  }
  return found;
}

std::string left_out_in_words(const FoundImages& found) {
  std::string words;
  if (found.below > 0)
    words = base::concatenate(found.below, found.below == 1 ? " image" : " images",
                              " in sub-folders (--recursive takes them)");
  const std::string others = data::in_words(found.others);
  if (words.empty() || others.empty()) return words + others;
  return words + ", " + others;
}

std::vector<std::string> picture_names(const std::vector<std::string>& images,
                                       const std::string& folder) {
  std::vector<std::string> names;
  std::set<std::string> used;
  std::map<std::string, int> count;  // by the name without a number: the last number in use
  for (const std::string& image : images) {
    const std::string ending = lower_extension(image) == ".png" ? ".png" : ".jpg";
    const std::string stem = (fs::path(folder) / fs::path(image).stem()).string();
    std::string name = stem + ending;
    int& last = count.try_emplace(name, 1).first->second;
    while (!used.insert(name).second) name = base::concatenate(stem, "_", ++last, ending);
    names.push_back(name);
  }
  return names;
}

}  // namespace tools
