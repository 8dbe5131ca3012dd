#include "data/loading/labelled_boxes.h"

#include <algorithm>
#include <cmath>
#include <limits>

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

struct PixelBox {
  double left, top, right, bottom;
};

bool is_finite(const PixelBox& b) {
  return std::isfinite(b.left) && std::isfinite(b.top) && std::isfinite(b.right) &&
         std::isfinite(b.bottom);
}

// How far the box reaches past the borders at which the original looks, and past any border.
double over_right_or_bottom(const PixelBox& b, const ImageEntry& image) {
  return std::max(b.right - image.width, b.bottom - image.height);
}
double over_any(const PixelBox& b, const ImageEntry& image) {
  return std::max({-b.left, -b.top, over_right_or_bottom(b, image)});
}

PixelBox cut_at_border(const PixelBox& b, const ImageEntry& image, double reach) {
  auto cut = [reach](double at, double border, double over) {
    return over > 0 && over < reach ? border : at;
  };
  const double width = image.width, height = image.height;
  return {cut(b.left, 0, -b.left), cut(b.top, 0, -b.top), cut(b.right, width, b.right - width),
          cut(b.bottom, height, b.bottom - height)};
}

LabelFate fate_of(const Object& object, const PixelBox& b, const ImageEntry& image,
                  OvershootPolicy overshoot) {
  if (!is_finite(b)) return LabelFate::not_finite;
  if (object.width < 0 || object.height < 0) return LabelFate::negative_side;
  if (object.width == 0 || object.height == 0) return LabelFate::no_area;
  if (b.left >= image.width || b.top >= image.height || b.right <= 0 || b.bottom <= 0)
    return LabelFate::outside;
  const bool drop = overshoot == OvershootPolicy::drop;
  if (drop && over_right_or_bottom(b, image) >= kRoundingPixels) return LabelFate::past_border;
  return LabelFate::trained;
}

}  // namespace

JudgedLabel label_of(const Object& object, const ImageEntry& image,
                     const GroundTruthOptions& options) {
  if (object.crowd && options.crowd == CrowdPolicy::ignore) return {.fate = LabelFate::crowd};
  SSD_CHECK(size_t(object.category) < options.class_columns.size(), "category ", object.category,
            " has no class column");
  const int column = options.class_columns[size_t(object.category)];
  if (column < 1) return {.fate = LabelFate::unknown_class};
  const PixelBox whole{object.x, object.y, object.x + object.width, object.y + object.height};
  const LabelFate fate = fate_of(object, whole, image, options.overshoot);
  if (fate != LabelFate::trained) return {.fate = fate};
  const bool clip = options.overshoot == OvershootPolicy::clip;
  const double reach = clip ? std::numeric_limits<double>::infinity() : kRoundingPixels;
  const PixelBox b = cut_at_border(whole, image, reach);
  const double over = over_any(whole, image);
  return {.cut = over > 0 && over < reach,
          .beyond = over >= reach,
          .box = {float(b.top / image.height), float(b.left / image.width),
                  float(b.bottom / image.height), float(b.right / image.width), column, 1}};
}

bool is_tiny(const Object& object) {
  constexpr double kLeast = 0.99;  // of 1 px, as six digits of YOLO or floats of records leave it
  const double side = std::min(object.width, object.height);
  return side > 0 && side < kLeast;
}

LabelledBoxes ground_truth(const Dataset& dataset, const ImageEntry& image,
                           const GroundTruthOptions& options) {
  LabelledBoxes boxes;
  for (const Object& object : dataset.objects_of(image)) {
    const JudgedLabel label = label_of(object, image, options);
    if (label.fate == LabelFate::trained) boxes.push_back(label.box);
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
    // The comparison is negated because a box without area gives 0/0, which counts as no overlap.
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
