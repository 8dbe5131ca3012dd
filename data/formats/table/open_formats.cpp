#include "data/formats/table/open_formats.h"

#include <filesystem>

#include "data/formats/class_names.h"
#include "data/formats/coco.h"
#include "data/formats/record_labels.h"
#include "data/formats/shard_sets.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/voc.h"
#include "data/similar_file.h"
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

// "; labels of VOC are given as --voc, of YOLO as --yolo".
std::string keys_of_label_files(const Source& s) {
  std::string words;
  for (const Format& f : formats())
    if (const std::string key = s.option(f.key); f.has_label_files && !key.empty())
      words += (words.empty() ? "; labels of " : ", of ") + std::string(f.name) +
               (words.empty() ? " are given as " : " as ") + key;
  return words;
}

// Annotations/ and lists of VOC that may not be read would seem not to exist.
void require_permitted_folders(const fs::path& root) {
  for (const char* folder : {"Annotations", kVocSplits}) base::require_permitted(root / folder);
}

}  // namespace

Dataset open_coco(const Source& s, Problems* problems) {
  require_folder(s.images);
  refuse_folder(s.annotations, "a JSON file of COCO" + keys_of_label_files(s));
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
  require_permitted_folders(root);
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

}  // namespace data
