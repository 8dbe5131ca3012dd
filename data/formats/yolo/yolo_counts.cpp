#include "data/formats/yolo/yolo_counts.h"

#include <fmt/format.h>

#include "engine/base/counted.h"

namespace data {

void count_line(YoloCounts& counts, const YoloLine& line) {
  constexpr double kPast = 0.02;
  const double width = line.right - line.left, height = line.bottom - line.top;
  ++counts.boxes;
  counts.past_border +=
      line.left < -kPast || line.top < -kPast || line.right > 1 + kPast || line.bottom > 1 + kPast;
  counts.as_corners += line.left < width / 2 && line.top < height / 2;
  counts.with_keypoints += line.with_keypoints;
  if (line.with_keypoints || line.numbers == 5) return;
  if (counts.polygons++ == 0) counts.polygon_numbers = line.numbers;
  counts.alike &= line.numbers == counts.polygon_numbers;
  counts.like_keypoints += line.like_keypoints;
}

std::string corners_in_words(const YoloCounts& counts) {
  if (counts.boxes < 3 || counts.as_corners * 100 < counts.boxes * 95 || counts.past_border < 2 ||
      counts.past_border * 10 < counts.boxes * 3)
    return "";
  return fmt::format(
      "the boxes look like corners: {} of {} reach past the border, and {} fit as x1 y1 x2 y2; "
      "write each line as `class x_center y_center width height`, where x_center is (x1 + x2) / 2 "
      "and width is x2 - x1",
      counts.past_border, counts.boxes, counts.as_corners);
}

std::string shapes_in_words(const YoloCounts& counts) {
  if (counts.with_keypoints > 0)
    return fmt::format("the key points of {} are left out",
                       base::counted(counts.with_keypoints, "box"));
  if (counts.polygons == 1) return "1 label is a polygon; its bounding box is taken";
  if (counts.polygons > 1)
    return fmt::format("{} labels are polygons; their bounding boxes are taken", counts.polygons);
  return "";
}

std::string keypoints_in_words(const YoloCounts& counts) {
  if (counts.polygons < 3 || !counts.alike || counts.like_keypoints * 100 < counts.polygons * 95)
    return "";
  return fmt::format(
      "{} lines of {} numbers look like boxes with key points, which would be read as polygons; "
      "write kpt_shape into a data.yaml, as in `kpt_shape: [17, 3]`, or `kpt_shape: [0, 0]` if "
      "they are polygons",
      counts.polygons, counts.polygon_numbers);
}

}  // namespace data
