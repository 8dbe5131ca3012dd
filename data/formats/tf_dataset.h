// Reads and writes data sets in TFRecord shards, as the original's scripts make them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/formats/label_map.h"
#include "data/formats/tf_example.h"
#include "data/problem.h"

namespace data {

struct TfReadOptions {
  bool verify = true;   // whether the checksums of the payloads are checked
  bool numbers = true;  // whether classes may have numbers alone; false if the map is assumed
  std::string advice = "give the right one";  // how the user gives a label map, for messages
  int threads = 0;  // shards that are read at the same time; if 0, one per core
  // If given, records that cannot be used are reported here and left out. If the length of a record
  // is damaged, all behind it in the shard is left out.
  Problems* problems = nullptr;
};

// Reads the labels of shards, in the given order. Pixels stay in the files. Categories are those of
// the map. Image ids are the source ids if all of them are decimal numbers, else 1, 2, ... Records
// have no annotation ids, so these are 1, 2, ...
//
// Throws Error(data), which begins with file:offset, if a record is damaged, if its lists have
// different lengths, if a side of the image is not 1 to 1,000,000, if the map lacks a class, if
// classes are numbers although `numbers` is false, or if two images have one id. A note counts the
// boxes whose class number is not that of their class name in the map.
Dataset load_tfrecords(const std::vector<std::string>& shards, const LabelMap& map,
                       const TfReadOptions& options = {});

// Whether the text has one of the marks *, ? and [ of shell patterns. A file's name may have them,
// too.
bool is_pattern(const std::string& text);
// The files that match a shell pattern such as "/data/coco_train.record-*", sorted. If there is a
// file of exactly this name, it is the result. If there are files in whose names the pattern's
// brackets stand for themselves, these are the result. Throws Error(data) if there are none.
std::vector<std::string> find_shards(const std::string& pattern);

// The class ids of an example's objects. If it has class texts, the map translates them, with -1
// for one that it lacks; else they are the example's class labels.
std::vector<int64_t> class_ids(const TfExample& example, const LabelMap& map);

// The features of one image, except for the encoded bytes and their hash. As in the original, boxes
// without area and boxes that reach past the right or lower border are left out.
struct ImageFeatures {
  TfExample example;  // its strings point into `texts` and the data set
  std::vector<std::string> texts;
  int64_t dropped = 0;  // boxes left out
};
ImageFeatures image_features(const Dataset& dataset, const ImageEntry& image);

struct TfWriteReport {
  int64_t images = 0, boxes = 0, dropped_boxes = 0;
};

struct TfWriteOptions {
  int threads = 0;  // shards that are written at the same time; if 0, one per core
  // Is called when all new shards are whole under temporary names and the old shards of these names
  // are removed. It removes what else of an older set must not lie beside the new one.
  std::function<void()> before_names = [] {};
};

// Writes the files shard_name(prefix, i, shards). When all of them are whole, the old files of
// these names are removed, and then the new ones get the names. So an error before that leaves the
// old set as it was, and a program that is killed meanwhile leaves a set without some shards, which
// readers refuse, but never shards of two sets. Image i goes to shard i mod `shards`. Masks are not
// written. Throws Error(usage) if `shards` is not 1 to 99999, and Error(data) if an image cannot be
// read or is neither JPEG nor PNG.
TfWriteReport write_tfrecords(const Dataset& dataset, const std::string& prefix, int shards,
                              const TfWriteOptions& options = {});

inline constexpr const char* kRecordEnding = ".record";
// Such as "coco_train.record-00003-of-00100": the prefix, kRecordEnding and the shard's number.
std::string shard_name(const std::string& prefix, int shard, int shards);

}  // namespace data
