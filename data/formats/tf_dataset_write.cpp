#include <fmt/format.h>

#include <memory>

#include "data/encoded_image.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/tfrecord.h"
#include "data/sha256.h"
#include "engine/base/error.h"
#include "engine/base/temporary_name.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

using base::ExitCode, base::fail;

// Whether the original's script would write the box. It does not look at negative x and y, either.
bool is_written(const Object& o, const ImageEntry& image) {
  return o.width > 0 && o.height > 0 && o.x + o.width <= image.width &&
         o.y + o.height <= image.height;
}

// The original writes "jpeg" for every image. Here a PNG in a file named .jpg is "png", and keeps
// its bytes and its name.
std::string_view picture_kind(std::string_view bytes, const std::string& where) {
  if (bytes.starts_with("\xff\xd8\xff")) return "jpeg";
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return "png";
  fail(ExitCode::data, where, ": neither a JPEG nor a PNG file");
}

void write_shard(const Dataset& dataset, RecordWriter& writer, size_t first, size_t step,
                 TfWriteReport& report) {
  for (size_t i = first; i < dataset.images.size(); i += step) {
    const ImageEntry& image = dataset.images[i];
    std::vector<uint8_t> bytes = read_upright_encoded_image(dataset, image);
    ImageFeatures features = image_features(dataset, image);
    TfExample& example = features.example;
    example.encoded = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    example.format = picture_kind(example.encoded, image_location(dataset, image));
    std::string sha256 = sha256_hex(example.encoded);
    example.sha256 = sha256;
    writer.add(serialize_example(example));
    report.boxes += static_cast<int64_t>(example.xmin.size());
    report.dropped_boxes += features.dropped;
    ++report.images;
  }
}

}  // namespace

ImageFeatures image_features(const Dataset& dataset, const ImageEntry& image) {
  ImageFeatures features;
  TfExample& e = features.example;
  features.texts = {std::to_string(image.id)};
  e.height = image.height;
  e.width = image.width;
  e.filename = image.file_name;
  e.source_id = features.texts[0];
  for (const Object& o : dataset.objects_of(image)) {
    if (!is_written(o, image)) {
      ++features.dropped;
      continue;
    }
    e.xmin.push_back(static_cast<float>(o.x / image.width));
    e.xmax.push_back(static_cast<float>((o.x + o.width) / image.width));
    e.ymin.push_back(static_cast<float>(o.y / image.height));
    e.ymax.push_back(static_cast<float>((o.y + o.height) / image.height));
    e.class_text.push_back(dataset.categories.at(o.category).name);
    e.is_crowd.push_back(o.crowd);
    e.area.push_back(static_cast<float>(o.area));
  }
  return features;
}

TfWriteReport write_tfrecords(const Dataset& dataset, const std::string& prefix, int shards,
                              const TfWriteOptions& options) {
  if (shards < 1 || shards > 99999) fail(ExitCode::usage, shards, " shards, expected 1 to 99999");
  std::vector<TfWriteReport> reports(shards);
  std::vector<std::unique_ptr<RecordWriter>> writers(shards);
  std::vector<std::string> names(shards);
  for (int shard = 0; shard < shards; ++shard) names[shard] = shard_name(prefix, shard, shards);
  base::for_each_parallel(shards, options.threads, [&](size_t shard) {
    writers[shard] = std::make_unique<RecordWriter>(names[shard]);
    write_shard(dataset, *writers[shard], shard, shards, reports[shard]);
    writers[shard]->make_whole();
  });
  const base::EndHeldOff whole;
  base::remove_files(names);
  options.before_names();
  for (const auto& writer : writers) writer->finish();
  TfWriteReport total;
  for (const TfWriteReport& report : reports) {
    total.images += report.images;
    total.boxes += report.boxes;
    total.dropped_boxes += report.dropped_boxes;
  }
  return total;
}

std::string shard_name(const std::string& prefix, int shard, int shards) {
  return fmt::format("{}{}-{:05}-of-{:05}", prefix, kRecordEnding, shard, shards);
}

}  // namespace data
