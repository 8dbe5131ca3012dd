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

// Whether this is the largest of values in 0..1000, which may reach a little past the border.
bool is_thousand(double largest) { return largest >= 900 && largest <= 1020; }

// How boxes that look like corners are mended.
std::string cure_of_corners(BoxForm form) {
  if (form == BoxForm::corner_and_size)
    return "and {} fit as [x1, y1, x2, y2]; {}subtract x1 and y1 from the last two";
  return "and {} fit if width and height are the right and lower edge; {}subtract xmin and ymin "
         "from xmax "
         "and ymax, to which they were added";
}

// Whether four numbers are the edges of a box with area, at most a tenth past the border.
bool are_edges(double low_x, double high_x, double low_y, double high_y, const ImageEntry& image) {
  return high_x > low_x && high_y > low_y && high_x <= kMost * image.width + 1.0 &&
         high_y <= kMost * image.height + 1.0;
}

// Whether the box lies in the image if (x, y) is its centre. Numbers may have been rounded.
bool is_centred(double x, double y, double width, double height, const ImageEntry& image) {
  constexpr double kRounded = 1;
  return x - width / 2 >= -kRounded && y - height / 2 >= -kRounded &&
         x + width / 2 <= image.width + kRounded && y + height / 2 <= image.height + kRounded;
}

struct OrderWords {
  const char* numbers;
  const char* cure;
};

OrderWords words_of(BoxLook look) {
  switch (look) {
    case BoxLook::y_first:
      return {"[y1, x1, y2, x2]", "write [x1, y1, x2 - x1, y2 - y1]"};
    case BoxLook::pairs:
      return {"[x1, x2, y1, y2]", "write [x1, y1, x2 - x1, y2 - y1]"};
    case BoxLook::centres:
      return {"the centre, width and height", "subtract half of the width and height from x and y"};
    case BoxLook::sizes_in_1000:
      return {"x, y, width and height in 0..1000",
              "divide them by 1000 and multiply them by the sides of their images"};
    default:
      return {"x1, y1, x2, y2 (or y1, x1, y2, x2) in 0..1000",
              "divide them by 1000, multiply them by the sides of their images, and subtract the "
              "first two from the last two"};
  }
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
  as_corners += form != BoxForm::centre_and_size && are_edges(x, width, y, height, image);
  if (form == BoxForm::corner_and_size) add_other_orders(image, x, y, width, height);
  in_unit += std::max({x, y, width, height}) <= 1;
  upper_left += 2 * (x + width) <= image.width && 2 * (y + height) <= image.height;
  largest = std::max({largest, x + width, y + height});
}

void BoxUnits::add_other_orders(const ImageEntry& image, double x, double y, double width,
                                double height) {
  as_y_first += are_edges(y, height, x, width, image);
  as_pairs += are_edges(x, y, width, height, image);
  as_centres += is_centred(x, y, width, height, image);
  most_across = std::max({most_across, x, width});
  most_down = std::max({most_down, y, height});
  farthest_across = std::max(farthest_across, x + width);
  farthest_down = std::max(farthest_down, y + height);
  ordered += width > x && height > y;
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

bool BoxUnits::look_like_order(int64_t fitting) const {
  return boxes >= 3 && fitting * 100 >= boxes * 95 && past_border >= 2 &&
         past_border * 10 >= boxes * 3 &&
         fitting >= as_corners + std::max<int64_t>(2, boxes * 2 / 100);
}

bool BoxUnits::look_like_centres() const {
  constexpr int64_t kFewest = 5;
  return past_border >= kFewest && past_border * 100 >= boxes * 3 &&
         (boxes - as_centres) * 10 <= past_border;
}

bool BoxUnits::look_like_sizes_in_1000() const {
  return may_be_in_1000() && is_thousand(farthest_across) && is_thousand(farthest_down);
}

bool BoxUnits::look_like_corners_in_1000() const {
  return may_be_in_1000() && ordered * 100 >= boxes * 95 && is_thousand(most_across) &&
         is_thousand(most_down);
}

bool BoxUnits::may_be_in_1000() const {
  return form == BoxForm::corner_and_size && boxes >= 10 && past_border * 10 >= boxes * 3;
}

BoxLook BoxUnits::look() const {
  if (look_like_unit()) return BoxLook::unit;
  if (look_like_order(as_y_first) && as_y_first >= as_pairs) return BoxLook::y_first;
  if (look_like_order(as_pairs)) return BoxLook::pairs;
  if (look_like_corners()) return BoxLook::corners;
  if (look_like_centres()) return BoxLook::centres;
  if (look_like_sizes_in_1000()) return BoxLook::sizes_in_1000;
  if (look_like_corners_in_1000()) return BoxLook::corners_in_1000;
  if (may_be_corners()) return BoxLook::may_be_corners;
  return may_be_small() ? BoxLook::may_be_small : BoxLook::pixels;
}

std::string BoxUnits::order_in_words(BoxLook look) const {
  const auto [numbers, cure] = words_of(look);
  const int64_t fitting = look == BoxLook::y_first   ? as_y_first
                          : look == BoxLook::pairs   ? as_pairs
                          : look == BoxLook::centres ? as_centres
                                                     : boxes;
  return fmt::format(
      "the boxes look like {}: {} of {} reach past the border as [x, y, width, height], and {} fit "
      "as {}; {}",
      numbers, past_border, boxes, fitting, numbers, cure);
}

std::string BoxUnits::in_words() const {
  const BoxLook look = this->look();
  switch (look) {
    case BoxLook::pixels:
      return "";
    case BoxLook::unit:
      return fmt::format(
          "the boxes look like 0..1: {} of {} have no value above 1 as pixels, expected {}; "
          "multiply them by the sides of their images",
          in_unit, boxes, form_in_words(form));
    case BoxLook::may_be_small:
      return fmt::format(
          "the boxes may be in per cent, or for smaller pictures: all {} lie in the upper left "
          "quarters of their images, and no edge is beyond {:.4g}; expected {}",
          boxes, largest, form_in_words(form));
    case BoxLook::corners:
    case BoxLook::may_be_corners:
      return fmt::format("the boxes {} corners: {} of {} reach past the border{}, ",
                         look == BoxLook::corners ? "look like" : "may be", past_border, boxes,
                         form == BoxForm::corner_and_size ? " as [x, y, width, height]" : "") +
             fmt::format(fmt::runtime(cure_of_corners(form)), as_corners,
                         look == BoxLook::corners ? "" : "if they are, ");
    default:
      return order_in_words(look);
  }
}

}  // namespace data
