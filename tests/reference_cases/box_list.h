// Lists of boxes with the attributes that follow them: filters, order, length. The original has
// these operations; the engine does not need them.
#pragma once
#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/boxes.h"

namespace reference {

using kernels::Box;

// The original's older box coder: differences of corners over one deviation.
inline Box encode_corners(const Box& box, const Box& anchor, float deviation) {
  return {(box.ymin - anchor.ymin) / deviation, (box.xmin - anchor.xmin) / deviation,
          (box.ymax - anchor.ymax) / deviation, (box.xmax - anchor.xmax) / deviation};
}

// Intersection over the area of the second box; NaN where that is 0.
inline float ioa(const Box& a, const Box& b) { return intersection(a, b) / area(b); }

// Outside altogether; touching counts as outside.
inline bool completely_outside(const Box& b, const Box& window) {
  return b.ymin >= window.ymax || b.xmin >= window.xmax || b.ymax <= window.ymin ||
         b.xmax <= window.xmin;
}

struct BoxList {
  std::vector<Box> boxes;
  std::vector<float> scores;  // as many as boxes, or none
  std::vector<int> classes;   // as many as boxes, or none
};

// The entries of `list` at `indices`, in that order.
inline BoxList gather(const BoxList& list, const std::vector<int>& indices) {
  BoxList out;
  for (int i : indices) {
    out.boxes.push_back(list.boxes.at(size_t(i)));
    if (!list.scores.empty()) out.scores.push_back(list.scores.at(size_t(i)));
    if (!list.classes.empty()) out.classes.push_back(list.classes.at(size_t(i)));
  }
  return out;
}

// Indices of the boxes that satisfy keep(box).
template <class Keep> std::vector<int> indices_where(const std::vector<Box>& boxes, Keep keep) {
  std::vector<int> kept;
  for (size_t i = 0; i < boxes.size(); ++i)
    if (keep(boxes[i])) kept.push_back(int(i));
  return kept;
}

inline std::vector<int> indices_inside(const std::vector<Box>& boxes, const Box& window) {
  return indices_where(boxes, [&](const Box& b) { return inside(b, window); });
}

// Boxes that have more than an edge in common with the window, or may have.
inline std::vector<int> indices_touching(const std::vector<Box>& boxes, const Box& window) {
  return indices_where(boxes, [&](const Box& b) { return !completely_outside(b, window); });
}

// Boxes that have area left after clipping to the window.
inline std::vector<int> indices_with_area(const std::vector<Box>& boxes, const Box& window) {
  return indices_where(boxes, [&](const Box& b) { return area(clip(b, window)) > 0.f; });
}

// Boxes of which some single box in `others` covers at least the fraction `min_overlap`.
inline std::vector<int> indices_overlapping(const std::vector<Box>& boxes,
                                            const std::vector<Box>& others, float min_overlap) {
  return indices_where(boxes, [&](const Box& b) {
    return std::any_of(others.begin(), others.end(),
                       [&](const Box& other) { return ioa(other, b) >= min_overlap; });
  });
}

// Falling scores; the earlier entry first among equals.
inline BoxList sorted_by_score(const BoxList& list) {
  std::vector<int> order(list.boxes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return list.scores.at(size_t(a)) > list.scores.at(size_t(b));
  });
  return gather(list, order);
}

inline BoxList concatenated(const std::vector<BoxList>& lists) {
  BoxList out;
  for (const BoxList& list : lists) {
    out.boxes.insert(out.boxes.end(), list.boxes.begin(), list.boxes.end());
    out.scores.insert(out.scores.end(), list.scores.begin(), list.scores.end());
    out.classes.insert(out.classes.end(), list.classes.begin(), list.classes.end());
  }
  return out;
}

// The first `count` entries, with zeros where there are fewer.
inline BoxList padded_or_cut(BoxList list, size_t count) {
  list.boxes.resize(count, Box{0, 0, 0, 0});
  if (!list.scores.empty()) list.scores.resize(count, 0);
  if (!list.classes.empty()) list.classes.resize(count, 0);
  return list;
}

}  // namespace reference
