// What the lines of all label files of a YOLO data set have in common.
#pragma once
#include <cstdint>
#include <string>

#include "data/formats/yolo_line.h"

namespace data {

struct YoloCounts {
  int64_t boxes = 0;
  int64_t past_border = 0;     // boxes that reach past the border by more than 2 % of a side
  int64_t as_corners = 0;      // boxes with an area if their numbers were x1 y1 x2 y2
  int64_t with_keypoints = 0;  // lines whose key points were left out
  int64_t polygons = 0;
  int64_t like_keypoints = 0;  // polygons of which each may be a box and its key points
  int polygon_numbers = 0;     // in the first of these lines
  bool alike = true;           // whether all of these lines have so many
};

void count_line(YoloCounts& counts, const YoloLine& line);
// A warning if the boxes look like corners, x1 y1 x2 y2: at least three, of which 95 % have an area
// as corners, and 30 % (at least two) reach past the border as centre and size. Else empty.
std::string corners_in_words(const YoloCounts& counts);
// How many key points were left out, or of how many polygons the bounding boxes are taken. Empty if
// there are neither.
std::string shapes_in_words(const YoloCounts& counts);
// The error if polygons look like boxes with key points: at least three, which all have the same
// number of numbers, and of which 95 % look so. Else empty.
std::string keypoints_in_words(const YoloCounts& counts);

}  // namespace data
