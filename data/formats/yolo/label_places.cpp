#include "data/formats/yolo/label_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "data/image_folder.h"
#include "engine/base/counted.h"

namespace data {

namespace fs = std::filesystem;

namespace {

// Whether the file may hold labels. Some texts that lie beside labels hold something else.
bool is_label_name(const fs::path& path) {
  static const std::set<std::string> kOthers{"classes.txt", "train.txt",  "val.txt",  "test.txt",
                                             "labels.txt",  "README.txt", "notes.txt"};
  const std::string ending = path.extension().string();
  return (ending == ".txt" || ending == ".TXT") && !kOthers.contains(path.filename().string());
}

}  // namespace

LabelFiles label_files(const std::vector<fs::path>& folders) {
  std::set<fs::path> files;
  LabelFiles found;
  for (const fs::path& folder : folders) {
    const auto unseen = walk_visible(folder, [&](const fs::directory_entry& entry) {
      std::error_code unknown;
      if (is_label_name(entry.path()) && entry.is_regular_file(unknown))
        files.insert(entry.path().lexically_normal());
      return true;
    });
    if (unseen.count > 0) found.unseen += "; " + unseen.in_words();
  }
  found.paths.assign(files.begin(), files.end());
  return found;
}

std::string other_label_places(const YoloFiles& files) {
  std::map<fs::path, int64_t> found;  // by folder
  walk_visible(files.image_folder, [&](const fs::directory_entry& entry) {
    const fs::path folder = entry.path().parent_path();
    std::error_code unknown;
    if (folder != files.image_folder && is_label_name(entry.path()) &&
        entry.is_regular_file(unknown))
      ++found[folder.lexically_normal()];
    return true;
  });
  const auto most = std::ranges::max_element(
      found, [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == found.end()) return "";
  return fmt::format(", but {} in {}: rename or move that folder",
                     base::counted(most->second, ".txt file"), most->first.string());
}

}  // namespace data
