// Drawing into images with Cairo.
#pragma once
#include <functional>

#include "data/image/image.h"

struct _cairo;

namespace data {

// Calls `draw` with a Cairo context whose units are the image's pixels, several times: each call
// changes one strip of rows, so that Cairo's copy of the pixels stays below 16 MiB. Every call has
// to draw the same. Error(resources) without memory for a strip.
void draw_with_cairo(Image& image, const std::function<void(_cairo*)>& draw);

}  // namespace data
