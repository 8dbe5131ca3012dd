#include "data/loading/augment_crop.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"

namespace data {
namespace {

using base::RandomSequence;

struct IntegerBox {
  int x0, y0, x1, y1;
  float area() const { return float(x1 - x0) * float(y1 - y0); }
};

// The boxes in whole pixels, rounded down, or the whole picture if there are none.
std::vector<IntegerBox> integer_boxes(PictureSize picture, const LabelledBoxes& boxes) {
  auto pixel = [](float x, int size) { return int(std::clamp(x, 0.0f, 1.0f) * float(size)); };
  std::vector<IntegerBox> rectangles;
  for (const LabelledBox& b : boxes)
    rectangles.push_back({pixel(b.xmin, picture.width), pixel(b.ymin, picture.height),
                          pixel(b.xmax, picture.width), pixel(b.ymax, picture.height)});
  if (rectangles.empty()) rectangles.push_back({0, 0, picture.width, picture.height});
  return rectangles;
}

bool covers_an_object(const PixelWindow& window, const std::vector<IntegerBox>& boxes,
                      float min_covered) {
  if (window.height < 1 || window.width < 1) return false;
  return std::any_of(boxes.begin(), boxes.end(), [&](const IntegerBox& b) {
    if (b.x1 <= b.x0 || b.y1 <= b.y0) return false;  // less than one pixel
    IntegerBox common{std::max(b.x0, window.x), std::max(b.y0, window.y),
                      std::min(b.x1, window.x + window.width),
                      std::min(b.y1, window.y + window.height)};
    float covered = common.x1 > common.x0 && common.y1 > common.y0 ? common.area() : 0;
    return covered / b.area() >= min_covered;
  });
}

BoxWindow normalised(const PixelWindow& w, PictureSize picture) {
  float height = float(picture.height), width = float(picture.width);
  return {float(w.y) / height, float(w.x) / width, float(w.y + w.height) / height,
          float(w.x + w.width) / width};
}

Placement unpadded(const PixelWindow& crop) { return {crop, crop.height, crop.width, 0, 0, false}; }

// Rounds to nearest, halves to even, because every program starts in that rounding mode.
int round_even(float x) { return int(std::lrint(x)); }

// Lays the crop anywhere on a canvas of 1 to 2 times the uncropped size.
void pad_randomly(PictureSize uncropped, RandomSequence& random, Placement& placement,
                  LabelledBoxes& boxes) {
  auto side = [&](int original, int crop) {
    int low = std::max(original, crop), high = std::max(2 * original, crop);
    return high > low ? low + int(random.below(high - low)) : high;
  };
  auto offset = [&](int target, int crop) {
    return target > crop ? int(random.below(target - crop)) : 0;
  };
  PictureSize crop{placement.crop.height, placement.crop.width};
  placement.height = side(uncropped.height, crop.height);
  placement.width = side(uncropped.width, crop.width);
  placement.y = offset(placement.height, crop.height);
  placement.x = offset(placement.width, crop.width);
  placement.fill_with_mean = true;
  PixelWindow canvas{-placement.y, -placement.x, placement.height, placement.width};
  reframe(boxes, normalised(canvas, crop));
}

// Cuts the longer side at random, so that the crop becomes square.
void cut_to_square(RandomSequence& random, Placement& placement, LabelledBoxes& boxes) {
  constexpr float kOverlapThreshold = 0.3f;
  PictureSize crop{placement.crop.height, placement.crop.width};
  int side = std::min(crop.height, crop.width);
  PixelWindow cut{int(random.below(crop.height - side + 1)),
                  int(random.below(crop.width - side + 1)), side, side};
  crop_boxes(boxes, normalised(cut, crop), kOverlapThreshold, true);
  placement = unpadded({placement.crop.y + cut.y, placement.crop.x + cut.x, cut.height, cut.width});
}

// Adds black at the right and at the bottom, so that the canvas is a square whose side is the
// longer side of the crop times a random factor.
void pad_to_square(RandomSequence& random, Placement& placement, LabelledBoxes& boxes) {
  constexpr float kMaxRatio = 2;
  PictureSize crop{placement.crop.height, placement.crop.width};
  float height = float(crop.height), width = float(crop.width), side = std::max(height, width);
  float max_scale =
      std::min(std::max(kMaxRatio * height, side), std::max(kMaxRatio * width, side)) / side;
  float scale = float(random.uniform(std::min(max_scale, 1.0f), max_scale));
  placement.height = placement.width = round_even(scale * side);
  reframe(boxes, {0, 0, float(placement.height) / height, float(placement.width) / width});
}

}  // namespace

bool try_window(PictureSize picture, const CropOptions& options, RandomSequence& random,
                PixelWindow& window) {
  float aspect = float(random.uniform(float(options.aspect_min), float(options.aspect_max)));
  float whole = float(picture.height) * float(picture.width);
  float min_area = float(options.area_min) * whole, max_area = float(options.area_max) * whole;
  auto width_of = [&](int height) { return round_even(float(height) * aspect); };
  int height = round_even(std::sqrt(min_area / aspect));
  int highest = round_even(std::sqrt(max_area / aspect));
  if (width_of(highest) > picture.width) {
    highest = int((double(picture.width) + 0.5 - 1e-7) / double(aspect));
    if (width_of(highest) > picture.width) --highest;
  }
  highest = std::min(highest, picture.height);
  height = std::min(height, highest);
  if (height < highest) height += int(random.below(highest - height + 1));
  auto area = [&] { return float(width_of(height)) * float(height); };
  if (area() < min_area) ++height;
  if (area() > max_area) --height;
  int width = width_of(height);
  if (area() < min_area || area() > max_area) return false;
  if (width > picture.width || height > picture.height || width <= 0 || height <= 0) return false;
  window = {0, 0, height, width};
  if (height < picture.height) window.y = int(random.below(picture.height - height));
  if (width < picture.width) window.x = int(random.below(picture.width - width));
  return true;
}

PixelWindow sample_window(PictureSize picture, const LabelledBoxes& boxes,
                          const CropOptions& options, RandomSequence& random) {
  constexpr int kAttempts = 100;
  std::vector<IntegerBox> rectangles = integer_boxes(picture, boxes);
  for (int i = 0; i < kAttempts; ++i) {
    PixelWindow window;
    if (try_window(picture, options, random, window) &&
        covers_an_object(window, rectangles, float(options.min_object_covered)))
      return window;
  }
  return {0, 0, picture.height, picture.width};
}

Placement random_crop(PictureSize picture, const CropOptions& options, RandomSequence& random,
                      LabelledBoxes& boxes) {
  PixelWindow whole{0, 0, picture.height, picture.width};
  const float skipped = float(options.random_coef);
  if (skipped > 0 && random.unit() <= skipped) return unpadded(whole);
  PixelWindow window = sample_window(picture, boxes, options, random);
  crop_boxes(boxes, normalised(window, picture), float(options.overlap_threshold),
             options.clip_boxes);
  return unpadded(window);
}

Placement ssd_random_crop(CropKind kind, PictureSize picture, RandomSequence& random,
                          LabelledBoxes& boxes) {
  static constexpr float kCovered[7] = {0, 0.1f, 0.3f, 0.5f, 0.7f, 0.9f, 1};
  SSD_CHECK(kind != CropKind::none && kind != CropKind::random, "no family of SSD");
  int first = kind == CropKind::ssd_pad ? 1 : 0;  // ssd_pad does not use the value 0
  float covered = kCovered[first + random.below(7 - first)];
  bool fixed = kind == CropKind::ssd_fixed_aspect;
  CropOptions options{.min_object_covered = covered,
                      .aspect_min = fixed ? 1.0f : 0.5f,
                      .aspect_max = fixed ? 1.0f : 2.0f,
                      .area_min = 0.1f,
                      .area_max = 1,
                      .overlap_threshold = covered,
                      .clip_boxes = true,
                      .random_coef = 0.15f};
  Placement placement = random_crop(picture, options, random, boxes);
  if (kind == CropKind::ssd_pad) pad_randomly(picture, random, placement, boxes);
  if (kind == CropKind::ssd_fixed_aspect) cut_to_square(random, placement, boxes);
  if (kind == CropKind::ssd_pad_fixed_aspect) pad_to_square(random, placement, boxes);
  return placement;
}

}  // namespace data
