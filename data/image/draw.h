// Boxes with labels, drawn into pictures for people to look at.
#pragma once
#include <span>
#include <string>

#include "data/image/colour.h"
#include "data/image/image.h"

namespace data {

// Size and position in pixels; may be fractional and reach outside the picture.
struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;
};

struct DrawnBox {
  Rectangle area;
  std::string name;    // of its class; any bytes. Shortened with an ellipsis when it is long
  std::string detail;  // behind the name, as a score; never shortened, but left out of tiny labels
  Colour colour;
};

// A frame inside each area's border, rounded to pixels and at least one pixel large, and a label on
// a plate of its colour (label_layout.h says where). Earlier boxes come first where there is little
// room. Lines and letters grow with the picture. A box without name and detail has no label.
void draw_boxes(Image& image, std::span<const DrawnBox> boxes);

}  // namespace data
