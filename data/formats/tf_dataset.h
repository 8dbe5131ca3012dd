// Data sets in TFRecord shards: reading those of the reference, writing the same.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/formats/label_map.h"
#include "data/formats/tf_example.h"

namespace data {

struct TfReadOptions {
  bool verify = true;   // checksums of the payloads; reads every byte once
  bool numbers = true;  // the map is the records' own, so that class numbers mean something
  int threads = 0;      // shards at a time; 0: one per core
};

// Scans shards in the given order; pixels stay in the files. Categories are those of the map. Image
// ids are the source ids when all are decimal numbers, else 1, 2, ...; annotation ids are 1, 2, ...
// since records have none. Error (data), with file:offset: damaged records, lists of unequal
// length, sizes below 1, class texts that the map lacks, classes without texts when `numbers` is
// off, two images with one id.
Dataset load_tfrecords(const std::vector<std::string>& shards, const LabelMap& map,
                       const TfReadOptions& options = {});

// Files that match a shell pattern such as "/data/coco_train.record-*", sorted. Error (data) when
// none.
std::vector<std::string> find_shards(const std::string& pattern);

// Class ids of an example: by text when it has any, else its integer labels; -1 for an unknown
// text.
std::vector<int64_t> class_ids(const TfExample& example, const LabelMap& map);

// The features of one image except the encoded bytes and their hash. Boxes without area or past the
// right or lower border are left out and counted, as in the reference.
struct ImageFeatures {
  TfExample example;  // its strings point into `texts` and the data set
  std::vector<std::string> texts;
  int64_t dropped = 0;
};
ImageFeatures image_features(const Dataset& dataset, const ImageEntry& image);

struct TfWriteReport {
  int64_t images = 0, boxes = 0, dropped_boxes = 0;
};

// Writes prefix.record-00000-of-NNNNN ...: image i goes to shard i mod `shards`. Masks are not
// written. threads: shards at a time; 0: one per core. Errors: data.
TfWriteReport write_tfrecords(const Dataset& dataset, const std::string& prefix, int shards,
                              int threads = 0);

// "coco_train.record-00003-of-00100"
std::string shard_name(const std::string& prefix, int shard, int shards);

}  // namespace data
