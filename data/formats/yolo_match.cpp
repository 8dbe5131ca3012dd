#include "data/formats/yolo_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "data/formats/yolo/label_places.h"
#include "data/image_folder.h"
#include "data/likely_name.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"

namespace data {
namespace {

namespace fs = std::filesystem;

// Explains a label file without an image if a picture of that name has a format that is not read,
// or if the name of an image differs only in upper and lower case or in Unicode's forms of letters.
std::string other_picture_of(const YoloFiles& files, const fs::path& label) {
  std::string words;
  const std::string stem = without_case(label.stem().string());
  walk_visible(files.image_folder, [&](const fs::directory_entry& entry) {
    const fs::path& path = entry.path();
    if (path.stem() == label.stem() && names_other_picture(path))
      words = fmt::format(", whose picture {} is neither JPEG nor PNG", path.filename().string());
    else if (path.stem() != label.stem() && names_image(path) &&
             without_case(path.stem().string()) == stem)
      words = fmt::format(", although there is {}: give both one name", path.string());
    return words.empty();
  });
  return words;
}

std::string unmatched(const YoloFiles& files) {
  std::vector<fs::path> taken, left;
  for (const YoloImage& image : files.images) taken.push_back(image.labels.lexically_normal());
  std::sort(taken.begin(), taken.end());
  const LabelFiles all = label_files(files.label_folders);
  std::set_difference(all.paths.begin(), all.paths.end(), taken.begin(), taken.end(),
                      std::back_inserter(left));
  std::string text =
      fmt::format("; {} without an image", base::counted(int64_t(left.size()), "label file"));
  if (!left.empty())
    text += fmt::format(" left out, the first is {}{}", left[0].string(),
                        other_picture_of(files, left[0]));
  return text + all.unseen;
}

// How many images share the label file of another one, as a.jpg and a.png do.
int64_t images_sharing_labels(const YoloFiles& files) {
  std::set<fs::path> seen;
  int64_t count = 0;
  for (const YoloImage& image : files.images) count += !seen.insert(image.labels).second;
  return count;
}

// For a path at which there is no file: the symbolic link that leads nowhere, which is the path
// itself or a folder above it. Empty if there is none.
fs::path broken_link(fs::path path) {
  for (; path.has_relative_path(); path = path.parent_path()) {
    std::error_code unknown;
    if (fs::exists(path, unknown)) return {};
    if (fs::is_symlink(path, unknown)) return path;
  }
  return {};
}

}  // namespace

bool has_labels(const fs::path& labels) {
  std::error_code unknown;
  if (base::look_at(labels).kind != base::FileKind::absent && fs::exists(labels, unknown))
    return true;
  const fs::path link = broken_link(labels);
  if (link.empty()) return false;
  base::fail(base::ExitCode::data, labels.string(), ": ",
             link == labels ? "" : link.string() + " is ", "a symbolic link to ",
             fs::read_symlink(link, unknown).string(),
             ", which leads to no file; mend or remove the link, so that the image does not become "
             "background");
}

std::string match_in_words(const YoloFiles& files, const YoloMatch& match) {
  const auto images = static_cast<int64_t>(files.images.size());
  const std::string damaged = match.damaged > 0 ? fmt::format(", {} damaged", match.damaged) : "";
  std::string text = fmt::format("{}: {}, {} with a label file ({} of them empty{}), {} without",
                                 files.image_folder, base::counted(images, "image"), match.labelled,
                                 match.empty, damaged, images - match.labelled - match.unreadable);
  if (match.unreadable > 0) text += fmt::format(", {} unreadable", match.unreadable);
  if (match.left_out > 0)
    text += fmt::format("; {} left out, since no box of the damaged label file can be read",
                        match.left_out);
  if (!files.label_folders.empty()) text += unmatched(files);
  if (const int64_t count = images_sharing_labels(files))
    text += fmt::format("; {} the label file of another image",
                        count == 1 ? "1 image shares" : fmt::format("{} images share", count));
  if (!files.other_pictures.empty()) text += "; " + in_words(files.other_pictures);
  if (files.hidden_images > 0) text += "; " + hidden_in_words(files.hidden_images) + " left out";
  return text;
}

std::string without_images(const YoloFiles& files) {
  std::string others = in_words(files.other_pictures);
  if (const std::string hidden = hidden_in_words(files.hidden_images); !hidden.empty())
    others += (others.empty() ? "" : " and ") + hidden;
  const std::string below = files.layout_folders.empty() ? "" : files.layout_folders.front();
  const fs::path folder = (fs::path(files.image_folder) / below).lexically_normal();
  return folder.string() + ": no .jpg, .jpeg, or .png files" +
         (others.empty() ? "" : ", but " + others);
}

std::string without_labels(const YoloFiles& files) {
  const YoloImage& first = files.images[0];
  const LabelFiles labels = label_files(files.label_folders);
  const size_t found = labels.paths.size();
  return fmt::format("{}: not one of {} has a label file, which for {} would be {}; {}{}",
                     files.image_folder, base::counted(int64_t(files.images.size()), "image"),
                     first.relative.string(), first.labels.string(),
                     found == 0   ? "no label files were found" + other_label_places(files)
                     : found == 1 ? "1 label file has no image"
                                  : fmt::format("{} label files have no image", found),
                     labels.unseen);
}

}  // namespace data
