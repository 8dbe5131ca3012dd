#include "tools/image_files.h"

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "data/image_folder.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace tools {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

// Adds images to those that were found. Images that were named before are counted as repeated.
class ImageList {
 public:
  explicit ImageList(FoundImages& out) : out_(out) {}

  void add(const std::string& path) {
    (known_.insert(spelling_of(path)).second ? out_.files : out_.repeated).push_back(path);
  }

  void add_folder(const std::string& folder, bool recursive) {
    const data::ImageFolder found = data::list_images(folder, recursive);
    for (const fs::path& image : found.images) add((fs::path(folder) / image).string());
    if (found.images.empty()) out_.empty.push_back(folder);
    out_.below += found.below;
    out_.hidden += found.hidden;
    for (const auto& [ending, count] : found.others) out_.others[ending] += count;
  }

  // Adds every line of a list, also repeated ones: the program that wrote the list may match
  // results by the numbers of its lines.
  void add_list(PathLines& list) {
    constexpr size_t kAtOnce = 1024;
    for (auto paths = list.next(kAtOnce); !paths.empty(); paths = list.next(kAtOnce))
      out_.files.insert(out_.files.end(), paths.begin(), paths.end());
  }

 private:
  // One spelling for all ways to write the path of an image. Its folder is resolved, the last part
  // is not: a link is another image than the file to which it leads.
  std::string spelling_of(const fs::path& path) {
    const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
    const auto [known, fresh] = folders_.try_emplace(folder.string());
    std::error_code unknown;
    if (fresh) known->second = fs::weakly_canonical(fs::absolute(folder, unknown), unknown);
    return (known->second / path.filename()).string();
  }

  FoundImages& out_;
  std::unordered_set<std::string> known_;
  std::unordered_map<std::string, fs::path>
      folders_;  // in their one spelling, by how they are named
};

}  // namespace

FoundImages find_images(const std::vector<std::string>& inputs, bool recursive, PathLines& list) {
  FoundImages found;
  ImageList images(found);
  for (const std::string& path : inputs) {
    std::error_code unknown;
    if (path == "-")
      images.add_list(list);
    else if (fs::is_directory(path, unknown))
      images.add_folder(path, recursive);
    else
      images.add(path);
  }
  return found;
}

std::string left_out_in_words(const FoundImages& found) {
  std::string words;
  if (found.below > 0)
    words = base::concatenate(base::counted(int64_t(found.below), "image"),
                              " in sub-folders (--recursive takes them)");
  if (found.hidden > 0)
    words += base::concatenate(words.empty() ? "" : ", ", data::hidden_in_words(found.hidden));
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
                  : base::concatenate(" and ", base::counted(int64_t(others), "other folder")));
}

std::string repeated_in_words(const FoundImages& found) {
  if (found.repeated.empty()) return {};
  const std::set<std::string> names(found.repeated.begin(), found.repeated.end());
  const std::string first = base::printable(found.repeated.front());
  if (names.size() == 1)
    return base::concatenate("note: ", first, " is named more than once; it is taken once");
  return base::concatenate("note: ", names.size(), " images are named more than once, such as ",
                           first, "; each is taken once");
}

std::string picture_ending(const std::string& image) {
  return data::lower_ending(image) == ".png" ? ".png" : ".jpg";
}

std::string UnusedNames::take(const std::string& name) {
  std::string free = name;
  int& last = last_.try_emplace(name, 1).first->second;
  while (!used_.insert(free).second) free = base::concatenate(name, "_", ++last);
  return free;
}

}  // namespace tools
