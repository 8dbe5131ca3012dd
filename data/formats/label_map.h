// Class names and ids: the label maps that go with record files.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.h"

namespace data {

struct Label {
  int64_t id = 0;            // 1 or more
  std::string name;          // the reference's COCO map has Freebase ids here
  std::string display_name;  // may be empty
};

class LabelMap {
 public:
  // Error (data): an id below 1, two labels with one id.
  explicit LabelMap(std::vector<Label> labels);

  // The larger of the id whose name is `text` and the id whose display name it is; each -1 when
  // absent.
  int64_t lookup(std::string_view text) const;
  const std::vector<Label>& labels() const { return labels_; }
  // Ids with display names (or names), in the order of the map.
  std::vector<Category> categories() const;

 private:
  std::vector<Label> labels_;
  std::map<std::string, int64_t, std::less<>> by_name_, by_display_name_;
};

// Parses the text form `item { name: '/m/01g317' id: 1 display_name: 'person' }`, with comments;
// unknown fields are skipped. At most 16 MiB. Error (data) with file and line.
LabelMap load_label_map(const std::string& path);
LabelMap parse_label_map(std::string_view text, const std::string& path);

// The 80 categories of COCO 2017 with their ids 1..90.
const LabelMap& coco_label_map();

// The map that `ssddata convert` writes beside PREFIX.record-*: PREFIX followed by this.
inline constexpr char kLabelMapEnding[] = ".label_map.pbtxt";

// The text form of these categories. Ids have to be 1 or more: where one is not, all are numbered
// 1, 2, ... by their place.
std::string label_map_text(const std::vector<Category>& categories);

}  // namespace data
