// Pictures and boxes of the stored pixels, turned as EXIF's orientation says, so that they stand
// upright. The orientations are those of EXIF 2.3, tag 0x0112: 2 mirrored, 3 upside down, 4
// mirrored top to bottom, 5 to 8 with sides exchanged, of which 6 is turned clockwise to be looked
// at.
#pragma once
#include "data/dataset.h"
#include "data/image/image.h"

namespace data {

// What has to be done to the stored pixels, in this order.
struct Turn {
  bool mirror_x = false, mirror_y = false, transpose = false;
};
// orientation: 1..8; others turn nothing.
Turn turn_of(int orientation);

// Whether the orientation exchanges width and height.
constexpr bool swaps_sides(int orientation) { return orientation >= 5; }

void turn_upright(Image& image, int orientation);

// Turns a box of a stored picture of width x height pixels.
void turn_upright(Object& box, int orientation, int width, int height);

}  // namespace data
