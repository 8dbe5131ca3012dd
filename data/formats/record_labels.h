// Finds the label map that belongs to TFRecord shards.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "data/formats/label_map.h"

namespace data {

struct RecordLabels {
  LabelMap map;
  bool own = true;   // whether it was given or lies beside the shards, instead of being assumed
  std::string note;  // tells the user what was found or assumed; empty if the map was given
  std::string file;  // of the map; empty if it is COCO's
};

// The label maps that lie beside shards, as `ssddata convert` writes them (label_map.h).
std::set<std::string> label_maps_beside(const std::vector<std::string>& shards);

// How the user can give a label map: with the option, or as a file beside the shards if the program
// has no such option.
std::string label_map_advice(const std::string& option, const std::vector<std::string>& shards);

// Reads `label_map`, which is a file, or "coco" for COCO's 80 classes. If it is empty, reads the
// map that `ssddata convert` has written beside the shards (label_map.h), or else assumes COCO's
// classes. `option` is for messages. Throws Error(data) if there is no such file, or if the maps
// beside the shards differ.
RecordLabels find_record_labels(const std::string& label_map,
                                const std::vector<std::string>& shards, const std::string& option);

}  // namespace data
