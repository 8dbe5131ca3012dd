#include "data/check/box_units.h"

#include <fmt/format.h>

#include <algorithm>

namespace data {

BoxUnits count_box_units(const Dataset& dataset) {
  BoxUnits units;
  for (const ImageEntry& image : dataset.images) {
    if (image.width <= 4 || image.height <= 4) continue;
    for (const Object& o : dataset.objects_of(image)) {
      if (!(o.width > 0) || !(o.height > 0)) continue;
      ++units.boxes;
      units.past_border +=
          o.x + o.width >= image.width + 1.0 || o.y + o.height >= image.height + 1.0;
      units.as_corners += o.width > o.x && o.height > o.y && o.width <= image.width + 1.0 &&
                          o.height <= image.height + 1.0;
      units.in_unit += std::max({o.x, o.y, o.width, o.height}) <= 1;
    }
  }
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
