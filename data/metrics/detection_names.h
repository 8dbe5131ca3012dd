// Finds images and categories by their names. A detector that sees nothing but photos numbers them
// by itself, so its ids need not be those of an annotation file.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/dataset.h"

namespace data {

class DetectionNames {
 public:
  explicit DetectionNames(const Dataset& truth);  // `truth` must outlive this

  bool has_image(int64_t id) const { return file_of_.contains(id); }
  static constexpr int64_t kNone = INT64_MIN, kSeveral = INT64_MIN + 1;  // are never image ids
  // Returns the id of the image that a detector knew as `file_name`. This is the image with that
  // name; if several have it, it is the one with the id `likely`, if that is one of them. Else it
  // is the only image whose path ends like `file_name`, or whose path is the end of `file_name`:
  // "photos/val/a.jpg" finds "val/a.jpg" or "a.jpg", and "a.jpg" finds "val/a.jpg". If there is no
  // such image, the names count without the folders of the data set's layout: "copies/a.jpg" finds
  // YOLO's "images/val/a.jpg". Returns kNone if there is no such image either, and kSeveral if
  // there are several.
  int64_t image_of(std::string_view file_name, int64_t likely) const;
  // Returns the index of the category with this name, or of the only one whose name differs in
  // nothing but case, blanks, '-' and '_'. Returns -1 if there is none, or more than one.
  int32_t category_of(const std::string& name) const;

 private:
  using Names = std::unordered_map<int64_t, std::string_view>;  // by image id
  // The only image whose name in `names` ends as file_name does, kNone or kSeveral.
  int64_t alike_in(const Names& names, std::string_view file_name) const;

  Names file_of_, without_layout_;
  std::unordered_map<std::string_view, int64_t> by_path_;
  std::unordered_multimap<std::string_view, int64_t> by_name_;  // the keys are without folders
  // Indices of categories by name and by simplified name, or -1 if several have it.
  std::unordered_map<std::string, int32_t> categories_, alike_;
};

}  // namespace data
