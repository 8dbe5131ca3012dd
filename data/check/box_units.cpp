#include "data/check/box_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace data {
namespace {

// Limits in sides of the image. Take objects that fill their images: if their corners are read as
// positions and sizes, two thirds of the boxes reach past the border by a few hundredths or more.
// Of their correct boxes, far fewer do.
constexpr double kPast = 1.02, kFar = 1.25;
constexpr double kMost = 1.1;  // of x2 and y2

// How boxes that look like corners are mended.
std::string cure_of_corners(BoxForm form) {
  if (form == BoxForm::corner_and_size)
    return "and {} fit as [x1, y1, x2, y2]; {}subtract x1 and y1 from the last two";
  return "and {} fit if width and height are the right and lower edge; {}subtract xmin and ymin "
         "from xmax "
         "and ymax, to which they were added";
}

}  // namespace

std::string form_in_words(BoxForm form) {
  switch (form) {
    case BoxForm::centre_and_size:
      return "`class x_center y_center width height` in fractions of the image's sides";
    case BoxForm::edges:
      return "xmin, ymin, xmax, ymax in pixels";
    case BoxForm::edges_in_fractions:
      return "xmin, ymin, xmax, ymax in fractions of the image's sides";
    default:
      return "[x, y, width, height] in pixels";
  }
}

void BoxUnits::add(const ImageEntry& image, double x, double y, double width, double height) {
  if (image.width <= 4 || image.height <= 4 || !(width > 0) || !(height > 0)) return;
  ++boxes;
  const auto reaches = [&](double sides) {
    return x + width >= std::max(sides * image.width, image.width + 1.0) ||
           y + height >= std::max(sides * image.height, image.height + 1.0);
  };
  past_border += reaches(kPast);
  far_past += reaches(kFar);
  as_corners += form != BoxForm::centre_and_size && width > x && height > y &&
                width <= kMost * image.width + 1.0 && height <= kMost * image.height + 1.0;
  in_unit += std::max({x, y, width, height}) <= 1;
  upper_left += 2 * (x + width) <= image.width && 2 * (y + height) <= image.height;
  largest = std::max({largest, x + width, y + height});
}

BoxUnits count_box_units(const Dataset& dataset) {
  BoxUnits units{.form = dataset.box_form};
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
  return boxes >= 3 && as_corners * 100 >= boxes * 95 && past_border >= 2 &&
         past_border * 10 >= boxes * 3;
}

bool BoxUnits::may_be_corners() const {
  if (look_like_corners() || boxes < 3 || as_corners * 100 < boxes * 95) return false;
  return (past_border >= 2 && past_border * 20 >= boxes * 3) ||
         (far_past >= 2 && far_past * 100 >= boxes * 3);
}

bool BoxUnits::look_like_unit() const { return boxes >= 3 && in_unit * 10 >= boxes * 9; }

bool BoxUnits::may_be_small() const { return boxes >= 20 && upper_left == boxes; }

std::string BoxUnits::in_words() const {
  if (look_like_unit())
    return fmt::format(
        "the boxes look like 0..1: {} of {} have no value above 1 as pixels, expected {}; "
        "multiply them by the sides of their images",
        in_unit, boxes, form_in_words(form));
  if (!look_like_corners() && !may_be_corners())
    return may_be_small() ? fmt::format(
                                "the boxes may be in per cent, or for smaller pictures: all {} lie "
                                "in the upper left quarters of their images, and no edge is beyond "
                                "{:.4g}; expected {}",
                                boxes, largest, form_in_words(form))
                          : "";
  return fmt::format("the boxes {} corners: {} of {} reach past the border{}, ",
                     look_like_corners() ? "look like" : "may be", past_border, boxes,
                     form == BoxForm::corner_and_size ? " as [x, y, width, height]" : "") +
         fmt::format(fmt::runtime(cure_of_corners(form)), as_corners,
                     look_like_corners() ? "" : "if they are, ");
}

}  // namespace data
