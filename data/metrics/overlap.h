// Overlaps of boxes, in the order of operations of COCO's bbIou, so that metrics and reports agree
// to the last bit. A box is any type with x, y, width and height in pixels; (x, y) is its left top
// corner.
#pragma once
#include <algorithm>
#include <optional>

namespace data {

// The area that two boxes share, or nothing if they do not overlap.
template <class A, class B> std::optional<double> common_area(const A& a, const B& b) {
  const double width = std::min(a.width + a.x, b.width + b.x) - std::max(a.x, b.x);
  if (width <= 0) return std::nullopt;
  const double height = std::min(a.height + a.y, b.height + b.y) - std::max(a.y, b.y);
  if (height <= 0) return std::nullopt;
  return width * height;
}

// Intersection over union; 0 if the boxes do not overlap.
template <class A, class B> double box_iou(const A& a, const B& b) {
  const auto common = common_area(a, b);
  return common ? *common / (a.width * a.height + b.width * b.height - *common) : 0;
}

// The share of `a` that lies in `b`. COCO takes it in place of the IoU if `b` is a crowd region.
template <class A, class B> double share_inside(const A& a, const B& b) {
  const auto common = common_area(a, b);
  return common ? *common / (a.width * a.height) : 0;
}

}  // namespace data
