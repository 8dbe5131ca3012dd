// Smaller pictures, and many of them in one.
#pragma once
#include <span>

#include "data/image/image.h"

namespace data {

// Area average, keeps the aspect ratio, never enlarges. The result fits into width x height.
Image shrink_to_fit(const Image& image, int width, int height);

// All in one picture, row by row, each shrunk to at most cell x cell pixels and centred.
Image contact_sheet(std::span<const Image> images, int columns, int cell);

}  // namespace data
