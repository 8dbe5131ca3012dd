// ssddata convert: COCO JSON, TFRecord shards, PASCAL VOC, and YOLO labels into each other.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "data/encoded_image.h"
#include "data/formats/coco.h"
#include "data/formats/label_map.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/voc.h"
#include "data/formats/yolo.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "tools/data_commands.h"
#include "tools/dataset_input.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

struct ConvertArguments {
  DatasetInput input;
  std::string to_coco, to_records, to_voc, to_yolo, to_images;
  int shards = 1, threads = 0;
};

void create_parent(const std::string& path) {
  fs::path parent = fs::path(path).parent_path();
  std::error_code error;
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) fail(ExitCode::data, parent.string(), ": cannot be created: ", error.message());
}

// Copies the encoded images as they are, under their names.
void write_images(const std::string& folder, const data::Dataset& dataset) {
  fs::create_directories(folder);
  for (const data::ImageEntry& image : dataset.images) {
    fs::path path = base::safe_join(folder, image.file_name);
    create_parent(path.string());
    base::write_file(path, data::read_encoded_image(dataset, image));
  }
  fmt::print("{}: {} images\n", folder, dataset.images.size());
}

void write_records(const ConvertArguments& a, const data::Dataset& dataset) {
  create_parent(a.to_records);
  data::TfWriteReport report = data::write_tfrecords(dataset, a.to_records, a.shards, a.threads);
  fmt::print(
      "{}: {} images, {} boxes in {} shards; {} boxes without area or past the border left out; "
      "masks are not written\n",
      data::shard_name(a.to_records, 0, a.shards), report.images, report.boxes, a.shards,
      report.dropped_boxes);
  const std::string map = a.to_records + data::kLabelMapEnding;
  base::write_file(map, data::label_map_text(dataset.categories));
  fmt::print("{}: label map of {} classes, which is found there when the shards are read\n", map,
             dataset.categories.size());
}

int convert(const ConvertArguments& a) {
  if (a.to_coco.empty() && a.to_records.empty() && a.to_voc.empty() && a.to_yolo.empty() &&
      a.to_images.empty())
    fail(ExitCode::usage,
         "give one or more of --to-coco, --to-records, --to-voc, --to-yolo, --to-images");
  data::Dataset dataset = a.input.load();
  auto report = [&](const std::string& path) {
    fmt::print("{}: {} images, {} boxes\n", path, dataset.images.size(), dataset.objects.size());
  };
  if (!a.to_coco.empty()) {
    create_parent(a.to_coco);
    data::write_coco(a.to_coco, dataset);
    report(a.to_coco);
  }
  if (!a.to_records.empty()) write_records(a, dataset);
  if (!a.to_voc.empty()) data::write_voc(a.to_voc, dataset), report(a.to_voc);
  if (!a.to_yolo.empty()) data::write_yolo(a.to_yolo, dataset), report(a.to_yolo);
  if (!a.to_images.empty()) write_images(a.to_images, dataset);
  return 0;
}

}  // namespace

DataCommand add_convert_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert", "Between COCO, TFRecord shards, VOC, and YOLO");
  auto a = std::make_shared<ConvertArguments>();
  a->input.add_options(*app);
  app->add_option("--to-coco", a->to_coco, "write a COCO annotation file");
  app->add_option("--to-records", a->to_records,
                  "write shards PREFIX.record-00000-of-N and PREFIX.label_map.pbtxt");
  app->add_option("--shards", a->shards, "number of shards [1]")->check(CLI::Range(1, 99999));
  app->add_option("--to-voc", a->to_voc, "write VOC annotations into a folder");
  app->add_option("--to-yolo", a->to_yolo, "write YOLO labels and classes.txt into a folder");
  app->add_option("--to-images", a->to_images, "copy the images into a folder, as out of records");
  app->add_option("--threads", a->threads, "shards written at a time [one per core]")
      ->check(CLI::Range(0, 1024));
  return {app, [a] { return convert(*a); }};
}

}  // namespace tools
