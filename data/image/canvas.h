// Draws into pictures with Cairo.
#pragma once
#include <functional>

#include "data/image/picture.h"

struct _cairo;

namespace data {

// Calls `draw` with a Cairo context whose units are the image's pixels, once for each strip of
// rows, so that Cairo's copy of the pixels stays below 16 MiB. Every call has to draw the same.
// Throws Error(resources) if there is no memory for a strip.
void draw_with_cairo(Picture& image, const std::function<void(_cairo*)>& draw);

}  // namespace data
