// Draws boxes with labels into pictures for people to look at.
#pragma once
#include <span>
#include <string>

#include "data/image/colour.h"
#include "data/image/picture.h"

namespace data {

// Position and size in pixels. They may be fractional and reach outside the picture.
struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;
};

// The rectangle of a box whose edges are fractions of an image of this size.
inline Rectangle in_pixels(double ymin, double xmin, double ymax, double xmax, double width,
                           double height) {
  return {xmin * width, ymin * height, xmax * width - xmin * width, ymax * height - ymin * height};
}

struct DrawnBox {
  Rectangle area;
  std::string name;    // of its class, any bytes; a long one is shortened with an ellipsis
  std::string detail;  // follows the name, as a score does; tiny labels leave it out
  Colour colour;
};

// Draws a frame inside each area's border (rounded to whole pixels, at least one pixel large) and a
// label on a plate of the same colour; label_layout.h says where it lies. Where there is little
// room, earlier boxes are labelled first. Lines and letters grow with the picture. A box without
// name and detail gets no label.
void draw_boxes(Picture& image, std::span<const DrawnBox> boxes);

}  // namespace data
