// Images and categories by their names: a detector that sees photos alone numbers them by itself,
// so its ids need not be those of an annotation file.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/dataset.h"

namespace data {

class DetectionNames {
 public:
  explicit DetectionNames(const Dataset& truth);

  bool has_image(int64_t id) const { return file_of_.contains(id); }
  static constexpr int64_t kNone = INT64_MIN, kSeveral = INT64_MIN + 1;  // no image ids
  // The id of the image that a detector knew as `file_name`: the one with this name (the one with
  // the id `likely`, if several have it), else the only one whose path ends like it
  // ("photos/val/a.jpg" is "val/a.jpg" or "a.jpg", and "a.jpg" is "val/a.jpg"). Otherwise kNone, or
  // kSeveral: ids of a detector's own do not tell which.
  int64_t image_of(std::string_view file_name, int64_t likely) const;
  // The index of the category of this name, or of the only one that differs in case, blanks, '-' or
  // '_' alone; -1: none, or more than one.
  int32_t category_of(const std::string& name) const;

 private:
  std::unordered_map<int64_t, std::string_view> file_of_;
  std::unordered_map<std::string_view, int64_t> by_path_;
  std::unordered_multimap<std::string_view, int64_t> by_name_;   // without folders
  std::unordered_map<std::string, int32_t> categories_, alike_;  // -1: of more than one
};

}  // namespace data
