// Turns pictures and boxes upright, as EXIF's orientation says. The orientations are those of EXIF
// 2.3, tag 0x0112: 1 is upright, 2 is mirrored, 3 is upside down, 4 is mirrored top to bottom, and
// 5 to 8 exchange width and height. A picture of orientation 6 becomes upright when it is turned
// clockwise.
#pragma once
#include "data/dataset.h"
#include "data/image/picture.h"

namespace data {

// What makes the stored pixels upright, in this order.
struct Turn {
  bool mirror_x = false, mirror_y = false, transpose = false;
};
// orientation is 1..8. Any other number turns nothing.
Turn turn_of(int orientation);

// Whether the orientation exchanges width and height.
constexpr bool swaps_sides(int orientation) { return orientation >= 5; }

void turn_upright(Picture& image, int orientation);

// Turns a box of a stored picture of width x height pixels.
void turn_upright(Object& box, int orientation, int width, int height);

}  // namespace data
