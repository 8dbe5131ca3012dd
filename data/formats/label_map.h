// Label maps: the names and ids of the classes in TFRecord files.
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
  std::string name;          // a Freebase id in the original's map of COCO
  std::string display_name;  // may be empty
  int line = 0;              // of the file; 0 if there is none

  const std::string& shown_name() const { return display_name.empty() ? name : display_name; }
};

class LabelMap {
 public:
  // Throws Error(data) if an id is below 1, or if two labels have one id.
  explicit LabelMap(std::vector<Label> labels);

  // The id of the label with this name or display name, or -1 if there is none. If two labels fit,
  // it is the larger id.
  int64_t lookup(std::string_view text) const;
  const std::vector<Label>& labels() const { return labels_; }
  // The labels as categories, in the order of the map. A category gets the display name, or the
  // name if that is empty.
  std::vector<Category> categories() const;

 private:
  std::vector<Label> labels_;
  std::map<std::string, int64_t, std::less<>> by_name_, by_display_name_;
};

// Reads a map of up to 16 MiB, or parses its text: `item { name: '/m/01g317' id: 1 display_name:
// 'person' }` for each label, and comments. Unknown fields are skipped, and so is an item with id 0
// that is named "background". Throws Error(data), with file and line, if the text is something else
// or if two items have one name, and with the file if it has no label.
LabelMap load_label_map(const std::string& path);
LabelMap parse_label_map(std::string_view text, const std::string& path);

// The 80 categories of COCO 2017, with ids from 1 to 90.
const LabelMap& coco_label_map();

// Beside the shards PREFIX.record-*, `ssddata convert` writes the map PREFIX.label_map.pbtxt.
inline constexpr char kLabelMapEnding[] = ".label_map.pbtxt";

// Whether the map of these categories has to number them 1, 2, ... in their order, because an id is
// below 1, which no map can hold.
bool needs_new_ids(const std::vector<Category>& categories);
// The text of a map of these categories.
std::string label_map_text(const std::vector<Category>& categories);

}  // namespace data
