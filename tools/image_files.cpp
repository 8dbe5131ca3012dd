#include "tools/image_files.h"

#include <algorithm>
#include <filesystem>

#include "data/formats/image_folder.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

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
  if (found.images.empty()) out.empty.push_back(folder);
  out.below += found.below;
  for (const auto& [ending, count] : found.others) out.others[ending] += count;
}

void add_list(PathLines& list, FoundImages& out) {
  constexpr size_t kAtOnce = 1024;
  for (auto paths = list.next(kAtOnce); !paths.empty(); paths = list.next(kAtOnce))
    out.files.insert(out.files.end(), paths.begin(), paths.end());
}

}  // namespace

FoundImages find_images(const std::vector<std::string>& inputs, bool recursive, PathLines& list) {
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

bool is_image_name(const std::string& name) {
  const std::string ending = lower_extension(name);
  return ending == ".jpg" || ending == ".jpeg" || ending == ".png";
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

std::string empty_in_words(const FoundImages& found) {
  if (found.files.empty() || found.empty.empty()) return {};
  const size_t others = found.empty.size() - 1;
  return base::concatenate(
      "note: no image in ", base::printable(found.empty[0]),
      others == 0 ? ""
                  : base::concatenate(" and ", others, " other folder", others == 1 ? "" : "s"));
}

std::string picture_ending(const std::string& image) {
  return lower_extension(image) == ".png" ? ".png" : ".jpg";
}

std::string UnusedNames::take(const std::string& name) {
  std::string free = name;
  int& last = last_.try_emplace(name, 1).first->second;
  while (!used_.insert(free).second) free = base::concatenate(name, "_", ++last);
  return free;
}

}  // namespace tools
