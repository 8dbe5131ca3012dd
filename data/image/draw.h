// Rectangles, text and contact sheets, drawn into pictures for people to look at.
#pragma once
#include <span>
#include <string>

#include "data/image/image.h"

namespace data {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
  friend bool operator==(const Colour&, const Colour&) = default;
};

// A colour for a class: ten distinct ones, then shades of them. Any index.
Colour class_colour(int64_t category);

// Size and position in pixels; may be fractional and reach outside the picture.
struct Rectangle {
  double x = 0, y = 0, width = 0, height = 0;
};

Image blank_image(int width, int height, Colour colour);
void fill_rectangle(Image& image, const Rectangle& area, Colour colour);

// A frame of the given thickness, lying inside the rectangle's rounded border, at least 1x1.
void draw_rectangle(Image& image, const Rectangle& area, int thickness, Colour colour);

// The upper left corner of the first letter lies at (x, y); `scale` >= 1 enlarges the 5x8 letters.
void draw_text(Image& image, int x, int y, const std::string& utf8, int scale, Colour colour);

// Frame, and the label on a plate above it, or inside when there is no room. An empty label: no
// plate. Line and letters grow with the picture.
void draw_box(Image& image, const Rectangle& area, const std::string& label, Colour colour);

// Area average, keeps the aspect ratio, never enlarges. The result fits into width x height.
Image shrink_to_fit(const Image& image, int width, int height);

// All in one picture, row by row, each shrunk to at most cell x cell pixels and centred.
Image contact_sheet(std::span<const Image> images, int columns, int cell);

}  // namespace data
