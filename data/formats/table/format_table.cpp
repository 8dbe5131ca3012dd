// The table of the formats of data sets.
#include <algorithm>
#include <filesystem>

#include "data/formats/source.h"
#include "data/formats/table/open_formats.h"
#include "data/formats/voc.h"
#include "data/formats/yolo/yolo_names.h"
#include "data/formats/yolo_source.h"
#include "data/image_folder.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;

std::string all_are_read(const Source& s) {
  return "all images of " + base::printable(s.path()) + " are read";
}

std::string unread_by_coco(const Source& s, SourceValue value) {
  return value == SourceValue::split ? "a COCO file has no splits; " + all_are_read(s) : "";
}

std::string unread_by_tfrecords(const Source& s, SourceValue value) {
  if (value == SourceValue::images) return "TFRecord shards hold their images";
  return value == SourceValue::split ? "TFRecord shards have no splits; " + all_are_read(s) : "";
}

std::string unread_by_voc(const Source& s, SourceValue value) {
  if (value != SourceValue::split || has_voc_splits(s.voc)) return {};
  return base::printable(s.path()) + " has no " + kVocSplits +
         ", which would list splits; all its images are read";
}

std::string unread_by_yolo(const Source& s, SourceValue value) {
  const bool yaml = has_yolo_yaml(s.yolo);
  if (yaml && value == SourceValue::images)
    return "the data.yaml says where the images are (path, train, val)";
  if (yaml && value == SourceValue::names) return "the data.yaml has the names of the classes";
  if (yaml || value != SourceValue::split) return {};
  return base::printable(s.path()) +
         " has no data.yaml, which would list splits; all its images are read";
}

bool is_json(const std::string& path, std::string&) {
  std::error_code unknown;
  return !fs::is_directory(path, unknown) && fs::path(path).extension() == ".json";
}

bool is_voc_folder(const std::string& path, std::string& doubt) {
  std::error_code unknown;
  if (!fs::is_directory(path, unknown)) return false;
  if (fs::is_directory(fs::path(path) / "Annotations", unknown)) return true;
  bool found = false;
  const auto unseen = walk_visible(path, [&](const fs::directory_entry& entry) {
    found = entry.path().extension() == ".xml";
    return !found;
  });
  if (!found && unseen.count > 0)
    doubt = base::printable(path) + ": " + unseen.in_words() +
            ", so XML files there would not be found";
  return found;
}

bool is_yolo(const std::string& path, std::string&) {
  std::error_code unknown;
  if (fs::is_directory(path, unknown))
    return has_yolo_yaml(path) || !names_beside_labels(path).empty();
  const std::string ending = fs::path(path).extension().string();
  return ending == ".yaml" || ending == ".yml";
}

}  // namespace

const std::vector<Format>& formats() {
  using enum SourceValue;
  static const std::vector<Format> all{
      {.key = "annotations",
       .name = "COCO",
       .meaning = "COCO JSON of the boxes",
       .field = &Source::annotations,
       .open = open_coco,
       .reads = {images, keep_grouping_class},
       .why_unread = unread_by_coco,
       .recognises = is_json,
       .needs_images = true},
      {.key = "tfrecords",
       .name = "TFRecord shards",
       .meaning = "TFRecord shards: paths or globs",
       .field = &Source::tfrecords,
       .open = open_tfrecords,
       .reads = {label_map},
       .why_unread = unread_by_tfrecords,
       .recognises = nullptr},
      {.key = "voc",
       .name = "VOC",
       .meaning = "PASCAL VOC: folder of XML files, or of Annotations/ and JPEGImages/",
       .field = &Source::voc,
       .open = open_voc,
       .reads = {images, names, split},
       .why_unread = unread_by_voc,
       .recognises = is_voc_folder,
       .has_label_files = true},
      {.key = "yolo",
       .name = "YOLO",
       .meaning = "YOLO: a data.yaml, its folder, or a folder of label files",
       .field = &Source::yolo,
       .open = load_yolo,
       .reads = {images, names, split},
       .why_unread = unread_by_yolo,
       .recognises = is_yolo,
       .has_label_files = true},
  };
  return all;
}

}  // namespace data
