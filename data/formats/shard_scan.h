// Reads the labels of one shard of TFRecord files.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/dataset.h"
#include "data/formats/tf_dataset.h"

namespace data {

// The content of one shard, before ids are assigned.
struct ShardContent {
  std::vector<ImageEntry> images;  // first_object counts within the shard
  std::vector<Object> objects;
  bool numeric_ids = true;
  Problems problems;           // only if they are collected
  int64_t contradictions = 0;  // boxes whose class name has another number in the map
  std::string first_contradiction;
};

// Throws Error(data) as load_tfrecords does, unless options.problems is given: then the problems
// are collected in ShardContent, and a record that cannot be used is left out. `category_of` has
// the index of each of the map's ids.
ShardContent scan_shard(const std::string& path, int32_t shard, const LabelMap& map,
                        const std::unordered_map<int64_t, int32_t>& category_of,
                        const TfReadOptions& options);

}  // namespace data
