// Cuts pictures out of others, and puts pictures together.
#pragma once
#include <string>

#include "data/image/draw.h"
#include "data/image/picture.h"

namespace tools {

// Cuts a box out of the picture. Its edges are rounded to pixels and moved into the picture; the
// result has at least one pixel.
data::Picture crop(const data::Picture&, const data::Rectangle&);

// Puts two pictures of the same height side by side.
data::Picture side_by_side(const data::Picture& left, const data::Picture& right);

// A box to draw: a grey frame around a whole picture, with a title.
data::DrawnBox title_box(const data::Picture&, const std::string& title);

}  // namespace tools
