#include "data/check/box_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace data {

void BoxUnits::add(const ImageEntry& image, double x, double y, double width, double height) {
  if (image.width <= 4 || image.height <= 4 || !(width > 0) || !(height > 0)) return;
  ++boxes;
  past_border += x + width >= image.width + 1.0 || y + height >= image.height + 1.0;
  as_corners +=
      width > x && height > y && width <= image.width + 1.0 && height <= image.height + 1.0;
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

bool BoxUnits::look_like_corners() const {
  return boxes >= 3 && as_corners * 100 >= boxes * 99 && past_border * 10 >= boxes;
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
