// Counts what describes a data set.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/check/box_grid.h"
#include "data/dataset.h"

namespace data {

struct Bin {
  std::string label;
  int64_t count = 0;
};

struct CategoryCount {
  int64_t id = 0;
  std::string name;
  int64_t boxes = 0, images = 0, crowd = 0;  // boxes include the crowd regions
};

struct DatasetStats {
  int64_t images = 0, images_without_boxes = 0, boxes = 0, crowd = 0, boxes_without_area = 0;
  int64_t most_boxes_in_an_image = 0;
  int min_width = 0, max_width = 0, min_height = 0, max_height = 0;
  std::vector<CategoryCount> categories;  // in the order of the data set
  std::vector<Bin> area;                  // COCO's small, medium, large, by the file's area
  std::vector<Bin> boxes_per_image;
  std::vector<Bin> aspect;       // width / height of boxes
  std::vector<Bin> size_at_320;  // sqrt(width * height) in px after resizing to 320 x 320
  // Of boxes with an area, as shares of the image's sides.
  BoxGrid places;  // centres, by even_bin; the first row is the image's top
  BoxGrid sides;   // by ratio_bin; a row is a height, a column a width
};

DatasetStats compute_stats(const Dataset& dataset);

}  // namespace data
