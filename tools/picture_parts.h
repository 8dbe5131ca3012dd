// Pictures cut out of others and put together.
#pragma once
#include <string>

#include "data/image/draw.h"
#include "data/image/image.h"

namespace tools {

// The pixels of a box, its edges rounded and inside the picture; at least one pixel.
data::Image crop(const data::Image&, const data::Rectangle&);

// Two pictures of one height.
data::Image side_by_side(const data::Image& left, const data::Image& right);

// A grey frame around a whole picture, with a title.
data::DrawnBox title_box(const data::Image&, const std::string& title);

}  // namespace tools
