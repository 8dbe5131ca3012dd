// Which label map belongs to record shards.
#pragma once
#include <string>
#include <vector>

#include "data/formats/label_map.h"

namespace data {

struct RecordLabels {
  LabelMap map;
  bool own = true;   // it was given or lies beside the shards; else COCO's is assumed
  std::string note;  // what was assumed or found, for the user; else empty
};

// `label_map`: a file, or "coco" for COCO's 80 classes. Empty: the file that `ssddata convert`
// writes beside shards (label_map.h), or else COCO's classes. Error (data): no such file; shards
// whose files differ.
RecordLabels find_record_labels(const std::string& label_map,
                                const std::vector<std::string>& shards);

}  // namespace data
