#include "data/formats/source.h"

#include <algorithm>
#include <filesystem>

#include "data/check/similar_file.h"
#include "data/formats/class_names.h"
#include "data/formats/coco.h"
#include "data/formats/grouping_class.h"
#include "data/formats/record_labels.h"
#include "data/formats/shard_sets.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/voc.h"
#include "data/formats/yolo_source.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"
#include "engine/base/start_folder.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_of(const Source& s) {
  return s.names.empty() ? std::vector<std::string>() : read_class_names(s.names);
}

// Folders of files are other formats, or the files in them are meant.
void refuse_folder(const std::string& path, const std::string& expected) {
  if (std::error_code unknown; fs::is_directory(path, unknown))
    base::fail(base::ExitCode::data, base::printable_path(path), " is a folder, expected ",
               expected);
}

// Also for programs that can do without images, because these tell which labels EXIF turns.
void require_folder(const std::string& images) {
  if (std::error_code unknown; !images.empty() && !fs::is_directory(images, unknown))
    base::fail(base::ExitCode::data, base::printable_path(images),
               fs::exists(images, unknown) ? ": not a folder" : ": there is no such folder",
               ", expected that of the images", similar_path_in_words(images),
               base::start_folder_in_words(images));
}

Dataset open_coco(const Source& s, Problems* problems) {
  require_folder(s.images);
  const std::string voc = s.option("voc"), yolo = s.option("yolo");
  refuse_folder(
      s.annotations,
      "a JSON file of COCO" +
          (voc.empty() ? "" : "; labels of VOC are given as " + voc + ", of YOLO as " + yolo));
  const std::string beside = fs::path(s.annotations).parent_path().string();
  const std::string images = !s.images.empty() ? s.images : beside.empty() ? "." : beside;
  return load_coco(s.annotations, images, {.problems = problems});
}

Dataset open_tfrecords(const Source& s, Problems* problems) {
  for (const std::string& path : s.tfrecords)
    refuse_folder(path, "TFRecord shards, as '" + (fs::path(path) / "*.record*").string() + "'");
  const auto [shards, notes] = find_shard_sets(s.tfrecords);
  const std::string option = s.option("label_map");
  const RecordLabels labels = find_record_labels(s.label_map, shards, option);
  Dataset dataset = load_tfrecords(
      shards, labels.map,
      {.numbers = labels.own, .advice = label_map_advice(option, shards), .problems = problems});
  dataset.notes.insert(dataset.notes.begin(), notes.begin(), notes.end());
  dataset.class_file = labels.file;
  if (!labels.note.empty()) dataset.notes.push_back(labels.note);
  return dataset;
}

// A folder with Annotations/ has the layout of VOC's challenges. Any other folder holds XML files.
Dataset open_voc(const Source& s, Problems* problems) {
  const fs::path root = s.voc;
  require_folder(s.images);
  if (!has_voc_layout(s.voc))
    return load_voc(s.voc, s.images.empty() ? s.voc : s.images, names_of(s), "", s.option("images"),
                    problems);
  const std::string images = s.images.empty() ? (root / "JPEGImages").string() : s.images;
  const std::string list =
      has_voc_splits(s.voc) ? (root / kVocSplits / (s.split + ".txt")).string() : "";
  return load_voc((root / "Annotations").string(), images, names_of(s), list, s.option("images"),
                  problems);
}

Dataset open_yolo(const Source& s, Problems* problems) { return load_yolo(s, problems); }

constexpr Format kFormats[] = {
    {"annotations", "COCO JSON of the boxes", &Source::annotations, open_coco},
    {"tfrecords", "TFRecord shards: paths or globs", &Source::tfrecords, open_tfrecords},
    {"voc", "PASCAL VOC: folder of XML files, or of Annotations/ and JPEGImages/", &Source::voc,
     open_voc},
    {"yolo", "YOLO: a data.yaml, its folder, or a folder of label files", &Source::yolo, open_yolo},
};

// What may not be read seems not to exist, and readers would say so.
void require_permitted(const Source& s) {
  const fs::path root = s.voc;
  for (const fs::path& path : {fs::path(s.annotations), root, root / "Annotations",
                               root / kVocSplits, fs::path(s.yolo), fs::path(s.images)})
    if (!path.empty()) base::require_permitted(path);
  for (const std::string& shards : s.tfrecords)
    base::require_permitted(fs::absolute(shards).parent_path());
}

}  // namespace

std::span<const Format> formats() { return kFormats; }

bool Format::given_in(const Source& s) const {
  return std::visit([&s](auto member) { return !(s.*member).empty(); }, field);
}

bool Source::given() const { return !path().empty(); }

std::string Source::option(std::string name) const {
  if (prefix.empty()) return {};
  if (prefix == "--") {
    std::replace(name.begin(), name.end(), '_', '-');
    return prefix + name;
  }
  const bool of_all = name == "label_map" || name == "keep_grouping_class";
  const std::string key = (of_all ? "data." : prefix) + name;
  return name == "keep_grouping_class" ? key + "=true" : key;
}

std::string Source::path() const {
  for (const Format& f : formats())
    if (f.given_in(*this)) {
      auto text = std::get_if<std::string Source::*>(&f.field);
      return text ? this->**text : (this->*std::get<1>(f.field)).front();
    }
  return "";
}

std::string format_keys(const std::string& prefix) {
  std::string all;
  for (const Format& f : formats()) all += (all.empty() ? "" : ", ") + prefix + f.key;
  return all;
}

void require_one_format(const Source& source, const std::string& prefix) {
  const auto given =
      std::ranges::count_if(formats(), [&](const Format& f) { return f.given_in(source); });
  if (given != 1)
    base::fail(base::ExitCode::usage, "give exactly one of ", format_keys(prefix), "; found ",
               given);
}

Dataset open(const Source& source, const std::string& prefix, Problems* problems) {
  require_one_format(source, prefix);
  require_permitted(source);
  const auto chosen =
      std::ranges::find_if(formats(), [&](const Format& f) { return f.given_in(source); });
  Dataset dataset = chosen->open(source, problems);
  dataset.source = source.path();
  dataset.policy = source.policy, dataset.prefix = source.prefix;
  leave_out_idle_classes(source, dataset);
  return dataset;
}

}  // namespace data
