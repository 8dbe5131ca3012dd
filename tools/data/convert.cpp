// ssddata convert: converts between COCO JSON, TFRecord shards, PASCAL VOC and YOLO labels.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <tuple>

#include "data/encoded_image.h"
#include "data/formats/coco.h"
#include "data/formats/label_map.h"
#include "data/formats/source_files.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/voc.h"
#include "data/formats/writable_names.h"
#include "data/formats/yolo.h"
#include "data/likely_name.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/file_kind.h"
#include "engine/base/output_guard.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/config/shared_limits.h"
#include "tools/data/commands.h"
#include "tools/data/leftover_outputs.h"
#include "tools/dataset_input.h"
#include "tools/label_folder.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

struct ConvertArguments {
  DatasetInput input;
  std::string to_coco, to_records, to_voc, to_yolo, to_images;
  int shards = 1, threads = 0;
  bool overwrite = false;
};

// Copies the encoded images under their names: as they are, but those that EXIF turns.
void write_images(const std::string& folder, const data::Dataset& dataset) {
  base::create_folders(folder);
  for (const data::ImageEntry& image : dataset.images) {
    const fs::path path = base::safe_output(folder, image.file_name);
    base::create_folders(path.parent_path());
    base::write_file(path, data::read_upright_encoded_image(dataset, image), base::not_durable());
  }
  fmt::print("{}: {}\n", base::printable(folder),
             base::counted(int64_t(dataset.images.size()), "image"));
}

void write_records(const ConvertArguments& a, const data::Dataset& dataset,
                   const OlderShards& older) {
  base::create_folders(fs::path(a.to_records).parent_path());
  const std::string map = a.to_records + data::kLabelMapEnding,
                    text = data::label_map_text(dataset.categories);
  base::AtomicFile map_file(map);  // of the set, so it is whole before a shard gets its name
  map_file.write(text.data(), text.size());
  map_file.make_whole();
  size_t removed = 0;
  const data::TfWriteReport report = data::write_tfrecords(
      dataset, a.to_records, a.shards, {.threads = a.threads, .before_names = [&] {
                                          removed = older.remove();
                                          base::remove_files({map});
                                          map_file.commit();
                                        }});
  fmt::print(
      "{}: {}, {} in {}; {} without area or past the border left out; masks are not written\n",
      base::printable(data::shard_name(a.to_records, 0, a.shards)),
      base::counted(report.images, "image"), base::counted(report.boxes, "box"),
      base::counted(a.shards, "shard"), base::counted(report.dropped_boxes, "box"));
  fmt::print("{}: label map of {}; programs that read the shards find it there\n",
             base::printable(map), base::counted(int64_t(dataset.categories.size()), "class"));
  if (data::needs_new_ids(dataset.categories))
    base::tell(
        "note: the label map numbers the categories 1, 2, ... in their order, because an id "
        "below 1 means the background in records");
  if (removed > 0)
    fmt::print("{}-*: {} of an older set of another number of shards removed\n",
               base::printable(a.to_records + data::kRecordEnding),
               base::counted(int64_t(removed), "shard"));
}

std::set<std::string> yolo_files(const data::Dataset& dataset) {
  std::set<std::string> files;
  for (const data::ImageEntry& image : dataset.images)
    files.insert(fs::path(data::yolo_file(image)).lexically_normal().string());
  return files;
}

// Label files of an earlier conversion, or of somebody else, in the folder of the new ones.
void tell_other_labels(const ConvertArguments& a, const data::Dataset& dataset) {
  std::set<std::string> voc, yolo = yolo_files(dataset);
  yolo.insert(data::kYoloNamesFile);
  for (const data::ImageEntry& image : dataset.images)
    voc.insert(fs::path(data::voc_file(image)).lexically_normal().string());
  for (const auto& [folder, ending, written] :
       {std::tuple(a.to_voc, ".xml", voc), {a.to_yolo, ".txt", yolo}})
    if (!folder.empty())
      if (const std::string words = other_files_in_words(folder, ending, written); !words.empty())
        base::tell(words);
}

// Checks the names of images, because programs that read the outputs look for images by them.
void check_names(const ConvertArguments& a, const data::Dataset& dataset) {
  const bool needed = !a.to_voc.empty() || !a.to_yolo.empty() || !a.to_images.empty();
  for (const data::ImageEntry& image : dataset.images)
    if (needed && image.file_name.empty())
      fail(ExitCode::data, data::image_location(dataset, image),
           ": the image has no name, so no file can be named after it");
    else if (!image.file_name.empty() && !data::stays_in_folder(image.file_name))
      fail(ExitCode::data, data::image_location(dataset, image), ": the image's name \"",
           base::printable_name(image.file_name),
           "\" leads out of the image folder; `ssddata check` lists every such name");
}

// Checks the names of classes, because readers tell classes apart by them.
void check_classes(const ConvertArguments& a, const data::Dataset& dataset) {
  if (const std::string words = data::same_name_in_words(dataset); !words.empty())
    fail(ExitCode::data, words);
  using data::NameFormat;
  for (const auto& [option, given] :
       {std::pair("--to-records", &a.to_records), {"--to-yolo", &a.to_yolo}})
    if (!given->empty() && dataset.categories.empty())
      fail(ExitCode::data, a.input.source.path(), ": no classes, so ", option,
           " cannot write its list of classes, without which nothing reads the new set");
  for (const auto& [option, given, format] :
       {std::tuple("--to-coco", &a.to_coco, NameFormat::coco),
        {"--to-records", &a.to_records, NameFormat::label_map},
        {"--to-voc", &a.to_voc, NameFormat::voc},
        {"--to-yolo", &a.to_yolo, NameFormat::yolo}})
    if (!given->empty()) data::require_writable_names(dataset, format, option);
}

// The name of an image in messages, and its place if it lies in a record.
std::string source_of(const data::Dataset& dataset, const data::ImageEntry& image) {
  if (image.shard < 0) return image.file_name;
  return image.file_name + " (" + data::image_location(dataset, image) + ")";
}

// Readers take the end of a path for the name of a set, and that for a pattern. Brackets in it may
// stand for themselves.
void check_prefix(const std::string& prefix) {
  base::refuse_misread_name("--to-records", prefix);
  if (!prefix.empty() && std::filesystem::path(prefix).filename().empty())
    fail(ExitCode::usage, "--to-records: ", base::printable(prefix),
         " is a folder, and its shards would have names that begin with a dot; add the name of the "
         "set, such as ",
         base::printable(prefix), "train");
  const base::FileState there = base::look_at(prefix);
  using base::FileKind;
  if (!prefix.empty() && (there.kind == FileKind::stream || there.kind == FileKind::other))
    fail(ExitCode::usage, "--to-records: ", base::printable(prefix), " is ", there.words,
         ", and the shards are files whose names begin so; choose another name");
  if (prefix.find_first_of("*?") != prefix.npos)
    fail(ExitCode::usage, "--to-records: ", base::printable(prefix),
         " holds a * or ?, so readers of the shards would take other files, too; choose another "
         "name");
}

// Checks all outputs before the first byte is written, and locks them.
base::OutputLocks check_outputs(const ConvertArguments& a, const data::Dataset& dataset) {
  check_names(a, dataset);
  check_classes(a, dataset);
  check_prefix(a.to_records);
  base::OutputGuard guard(a.overwrite);
  guard.add("--to-coco", a.to_coco);
  const std::string set = a.to_records + data::kRecordEnding;
  for (int shard = 0; shard < a.shards && !a.to_records.empty(); ++shard)
    guard.add_of_set("--to-records", set, data::shard_name(a.to_records, shard, a.shards));
  if (!a.to_records.empty())
    guard.add_of_set("--to-records", set, a.to_records + data::kLabelMapEnding);
  if (!a.to_yolo.empty())
    guard.add("--to-yolo", a.to_yolo, data::kYoloNamesFile, "the class names");
  if (!a.to_voc.empty())
    guard.add("--to-voc", a.to_voc, data::kVocUnfinished, "the mark of an unfinished conversion");
  for (const data::ImageEntry& image : dataset.images) {
    const std::string source = source_of(dataset, image);
    if (!a.to_voc.empty()) guard.add("--to-voc", a.to_voc, data::voc_file(image), source);
    if (!a.to_yolo.empty()) guard.add("--to-yolo", a.to_yolo, data::yolo_file(image), source);
    if (!a.to_images.empty()) guard.add("--to-images", a.to_images, image.file_name, source);
  }
  const std::vector<std::string> inputs = data::files_of(a.input.source, dataset);
  OlderShards(a.to_records, a.shards).check(inputs, a.overwrite);
  base::OutputLocks locks = guard.take(inputs);
  if (!a.to_yolo.empty())
    refuse_other_classes({.option = "--to-yolo",
                          .path = a.to_yolo,
                          .class_names = data::yolo_names(dataset),
                          .owner = "the data set",
                          .written = yolo_files(dataset),
                          .with_folders = true});
  return locks;
}

// Pictures that nothing can decode do not go into a new set, where they would be found too late.
void refuse_unusable(const char* option, const data::FileLookup& files) {
  const int64_t unusable = files.unusable - files.problems.count(data::ProblemKind::size_mismatch);
  if (unusable <= 0) return;
  const auto& kept = files.problems.kept();
  const auto first = std::find_if(kept.begin(), kept.end(), [](const data::Problem& problem) {
    return problem.kind != data::ProblemKind::size_mismatch;
  });
  fail(ExitCode::data, option, ": ", base::share_in_words(unusable, files.images),
       " images cannot be read",
       first == kept.end() ? "" : ", the first: " + first->where + ": " + first->text,
       "; mend them, or leave them out of the annotations");
}

int convert(const ConvertArguments& a) {
  if (a.to_coco.empty() && a.to_records.empty() && a.to_voc.empty() && a.to_yolo.empty() &&
      a.to_images.empty())
    fail(ExitCode::usage,
         "give one or more of --to-coco, --to-records, --to-voc, --to-yolo, --to-images");
  if (a.input.leave_out_faulty && a.input.source.annotations.empty())
    fail(ExitCode::usage, "--leave-out-faulty is for COCO files, which --annotations names");
  data::FileLookup files;
  data::Dataset dataset = a.input.load_with_images(files);
  for (auto [option, given] :
       {std::pair("--to-records", &a.to_records), {"--to-images", &a.to_images}})
    if (!given->empty()) {
      a.input.require_images(dataset, option);
      refuse_unusable(option, files);
    }
  if (const std::string unseen = unseen_in_words(files, "are wrong in the new set");
      !unseen.empty())
    base::tell(unseen);
  const base::OutputLocks locks = check_outputs(a, dataset);
  const OlderShards older(a.to_records, a.shards);  // none appears while the outputs are locked
  auto report = [&](const std::string& path, int64_t left_out = 0, const char* which = "") {
    // If the file itself goes to standard output, nothing else may.
    fmt::print(base::is_standard_output(path) ? stderr : stdout, "{}: {}, {}{}\n",
               base::printable(path), base::counted(int64_t(dataset.images.size()), "image"),
               base::counted(int64_t(dataset.objects.size()) - left_out, "box"),
               left_out > 0 ? fmt::format("; {} left out: {}", left_out, which) : "");
  };
  if (!a.to_coco.empty()) {
    base::create_folders(fs::path(a.to_coco).parent_path());
    data::write_coco(a.to_coco, dataset);
    report(a.to_coco);
  }
  if (!a.to_records.empty()) write_records(a, dataset, older);
  if (!a.to_voc.empty()) report(a.to_voc, data::write_voc(a.to_voc, dataset), "crowd regions");
  if (!a.to_yolo.empty()) {
    const data::YoloWritten written = data::write_yolo(a.to_yolo, dataset);
    report(a.to_yolo, written.left_out, "crowd regions and boxes without area in their images");
    if (written.outside > 0)
      base::tell(base::concatenate(
          "warning: ", base::share_in_words(written.outside, int64_t(dataset.objects.size())),
          " boxes lie outside of their images: do width and height fit the pictures?"));
    if (written.cut > 0)
      base::tell("note: " + base::counted(written.cut, "box") +
                 " cut at the border in YOLO's files, whose numbers lie in 0 to 1");
  }
  tell_other_labels(a, dataset);
  if (!a.to_images.empty()) write_images(a.to_images, dataset);
  return 0;
}

}  // namespace

Command add_convert_command(Program& program) {
  Options opts =
      program.add_command("convert", "Convert between COCO, TFRecord shards, VOC and YOLO");
  auto a = std::make_shared<ConvertArguments>();
  a->input.add_options(opts);
  opts.add("--to-coco FILE", a->to_coco, "write a COCO annotation file");
  const Option records =
      opts.add("--to-records PREFIX", a->to_records,
               "write shards PREFIX.record-00000-of-N and PREFIX.label_map.pbtxt");
  opts.add("--shards", a->shards, "number of shards [1]").between(1, 99999).needs(records);
  opts.add("--to-voc DIR", a->to_voc, "write VOC annotations into a folder");
  opts.add("--to-yolo DIR", a->to_yolo, "write YOLO labels and classes.txt into a folder");
  opts.add("--to-images DIR", a->to_images,
           "copy the images into a folder, for instance out of records");
  opts.add("--leave-out-faulty", a->input.leave_out_faulty,
           "leave out entries of a COCO file that cannot be used, and count them");
  opts.add("--overwrite", a->overwrite, "replace files that exist, but never an input");
  opts.add("--threads", a->threads, "shards written at the same time [one per core]")
      .whole_within(config::limits::threads)
      .needs(records);
  return {opts, [a] { return convert(*a); }};
}

}  // namespace tools
