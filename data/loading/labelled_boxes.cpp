#include "data/loading/labelled_boxes.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"

namespace data {

namespace {

float area(const LabelledBox& b) { return (b.ymax - b.ymin) * (b.xmax - b.xmin); }

float overlap_area(const LabelledBox& b, const BoxWindow& w) {
  float height = std::max(0.0f, std::min(b.ymax, w.ymax) - std::max(b.ymin, w.ymin));
  float width = std::max(0.0f, std::min(b.xmax, w.xmax) - std::max(b.xmin, w.xmin));
  return height * width;
}

bool outside(const LabelledBox& b, const BoxWindow& w) {
  return b.ymin >= w.ymax || b.xmin >= w.xmax || b.ymax <= w.ymin || b.xmax <= w.xmin;
}

float to_unit(float x) { return std::clamp(x, 0.0f, 1.0f); }

// Corners in pixels; false when the object has no place in the ground truth.
bool corners(const Object& object, const ImageEntry& image, OvershootPolicy overshoot,
             double (&corner)[4]) {
  double x = object.x, y = object.y, right = x + object.width, bottom = y + object.height;
  if (!std::isfinite(x) || !std::isfinite(y) || !std::isfinite(right) || !std::isfinite(bottom))
    return false;
  if (!(object.width > 0) || !(object.height > 0)) return false;
  bool overshoots = right > image.width || bottom > image.height;
  if (overshoots && overshoot == OvershootPolicy::drop) return false;
  if (overshoots && overshoot == OvershootPolicy::clip) {
    right = std::min(right, double(image.width)), bottom = std::min(bottom, double(image.height));
    if (right <= x || bottom <= y) return false;
  }
  corner[0] = y / image.height, corner[1] = x / image.width;
  corner[2] = bottom / image.height, corner[3] = right / image.width;
  return true;
}

}  // namespace

LabelledBoxes ground_truth(const Dataset& dataset, const ImageEntry& image,
                           const GroundTruthOptions& options) {
  LabelledBoxes boxes;
  for (const Object& object : dataset.objects_of(image)) {
    if (object.crowd && options.crowd == CrowdPolicy::ignore) continue;
    SSD_CHECK(size_t(object.category) < options.class_columns.size(), "category ", object.category,
              " has no class column");
    int column = options.class_columns[size_t(object.category)];
    double corner[4];
    if (column < 1 || !corners(object, image, options.overshoot, corner)) continue;
    boxes.push_back(
        {float(corner[0]), float(corner[1]), float(corner[2]), float(corner[3]), column, 1});
  }
  return boxes;
}

void flip_left_right(LabelledBoxes& boxes) {
  for (LabelledBox& b : boxes) {
    float xmin = b.xmin;
    b.xmin = 1 - b.xmax, b.xmax = 1 - xmin;
  }
}

void reframe(LabelledBoxes& boxes, const BoxWindow& window) {
  float height = window.ymax - window.ymin, width = window.xmax - window.xmin;
  for (LabelledBox& b : boxes) {
    b.ymin = (b.ymin - window.ymin) / height, b.ymax = (b.ymax - window.ymin) / height;
    b.xmin = (b.xmin - window.xmin) / width, b.xmax = (b.xmax - window.xmin) / width;
  }
}

void crop_boxes(LabelledBoxes& boxes, const BoxWindow& window, float overlap_threshold, bool clip) {
  std::erase_if(boxes, [&](const LabelledBox& b) {
    // Negated, so that the 0/0 of a box without area counts as no overlap.
    return outside(b, window) || !(overlap_area(b, window) / area(b) >= overlap_threshold);
  });
  reframe(boxes, window);
  if (!clip) return;
  for (LabelledBox& b : boxes) {
    b.ymin = to_unit(b.ymin), b.xmin = to_unit(b.xmin);
    b.ymax = to_unit(b.ymax), b.xmax = to_unit(b.xmax);
  }
}

int pad_or_clip(const LabelledBoxes& boxes, const BoxTable& table) {
  int count = int(std::min(boxes.size(), size_t(table.max_boxes)));
  for (int i = 0; i < table.max_boxes; ++i) {
    LabelledBox b = i < count ? boxes[size_t(i)] : LabelledBox{.weight = 0};
    float corner[4] = {b.ymin, b.xmin, b.ymax, b.xmax};
    std::copy(corner, corner + 4, table.boxes + 4 * i);
    table.labels[i] = b.label, table.weights[i] = b.weight;
  }
  return count;
}

}  // namespace data
