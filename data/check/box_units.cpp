#include "data/check/box_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "data/metrics/overlap.h"

namespace data {
namespace {

constexpr double kFar = 1.1;  // in sides of the image

// The largest IoU of the box with an object of its class.
double best_iou(const Detection& box, std::span<const Object> objects) {
  double best = 0;
  for (const Object& o : objects)
    if (o.category == box.category && !o.crowd) best = std::max(best, box_iou(box, o));
  return best;
}

}  // namespace

void BoxUnits::add(const ImageEntry& image, double x, double y, double width, double height) {
  if (image.width <= 4 || image.height <= 4 || !(width > 0) || !(height > 0)) return;
  ++boxes;
  past_border += x + width >= image.width + 1.0 || y + height >= image.height + 1.0;
  far_past += x + width >= kFar * image.width + 1.0 || y + height >= kFar * image.height + 1.0;
  as_corners += width > x && height > y && width <= kFar * image.width + 1.0 &&
                height <= kFar * image.height + 1.0;
  in_unit += std::max({x, y, width, height}) <= 1;
}

BoxUnits count_box_units(const Dataset& dataset) {
  BoxUnits units;
  for (const ImageEntry& image : dataset.images)
    for (const Object& o : dataset.objects_of(image)) units.add(image, o.x, o.y, o.width, o.height);
  return units;
}

BoxUnits count_box_units(std::span<const Detection> detections, const Dataset& truth) {
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  BoxUnits units;
  for (const Detection& d : detections)
    if (const auto image = images.find(d.image_id); image != images.end())
      units.add(*image->second, d.x, d.y, d.width, d.height);
  return units;
}

std::string corners_in_words(std::span<const Detection> detections, const Dataset& truth) {
  constexpr double kFits = 0.5;
  // A sample is enough, and bounds the work for files with very many boxes of one image.
  constexpr size_t kDetections = 10'000, kObjects = 1'000;
  const size_t step = detections.size() / kDetections + 1;
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  int64_t tried = 0, as_they_are = 0, as_corners = 0;
  for (size_t i = 0; i < detections.size(); i += step) {
    const Detection& d = detections[i];
    ++tried;
    const auto image = images.find(d.image_id);
    if (image == images.end()) continue;
    const auto all = truth.objects_of(*image->second);
    const auto objects = all.first(std::min(all.size(), kObjects));
    as_they_are += best_iou(d, objects) >= kFits;
    Detection corners = d;
    corners.width -= d.x, corners.height -= d.y;
    as_corners += corners.width > 0 && corners.height > 0 && best_iou(corners, objects) >= kFits;
  }
  const auto most = std::min(tried, int64_t(truth.objects.size()));
  if (as_corners < 3 || as_corners <= 2 * as_they_are || as_corners * 10 < most) return "";
  return fmt::format(
      "the boxes look like corners: as [x, y, width, height], {} of {} lie on an object of their "
      "class, and as [x1, y1, x2, y2], {} do; subtract x1 and y1 from the last two",
      as_they_are, tried, as_corners);
}

bool BoxUnits::look_like_corners() const {
  const bool far = far_past >= 2 && far_past * 100 >= boxes * 3;
  return boxes >= 3 && as_corners * 100 >= boxes * 95 && (past_border * 10 >= boxes || far);
}

bool BoxUnits::look_like_unit() const { return boxes >= 3 && in_unit * 10 >= boxes * 9; }

std::string BoxUnits::in_words() const {
  if (look_like_unit())
    return fmt::format(
        "the boxes look like 0..1: {} of {} have no value above 1, expected [x, y, width, height] "
        "in pixels; multiply them by the sides of their images",
        in_unit, boxes);
  if (look_like_corners())
    return fmt::format(
        "the boxes look like corners: {} of {} reach past the border as [x, y, width, height], and "
        "{} fit as [x1, y1, x2, y2]; subtract x1 and y1 from the last two",
        past_border, boxes, as_corners);
  return "";
}

}  // namespace data
