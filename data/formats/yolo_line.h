// Reads one line of a YOLO label file.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace data {

struct YoloLineRules {
  size_t classes = 0;        // class numbers are below this
  int keypoint_numbers = 0;  // as of YoloYaml
};

struct YoloLine {
  int32_t category = 0;
  double left = 0, top = 0, right = 0, bottom = 0;  // in fractions of the image's sides
  int numbers = 0;                                  // of the line
  bool with_keypoints = false;                      // key points behind the box were left out
  bool like_keypoints = false;  // a polygon whose numbers may be a box and its key points
};

// Reads "class x_center y_center width height", in fractions of the image's sides. A longer line is
// a polygon, "class x1 y1 x2 y2 x3 y3 ...", and the box is its bounding box. If
// rules.keypoint_numbers is above 0, so many numbers may follow a box, and there are no polygons.
// Throws Error(data), with `where`, if the line is otherwise, or if a number of the box or polygon
// lies outside of -0.1 to 1.1.
YoloLine parse_yolo_line(std::string_view line, const YoloLineRules& rules,
                         const std::string& where);

}  // namespace data
