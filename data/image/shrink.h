// Makes pictures smaller, and puts many of them into one.
#pragma once
#include <span>

#include "data/image/image.h"

namespace data {

// Averages over areas so that the result fits into width x height. It keeps the aspect ratio and
// never enlarges.
Image shrink_to_fit(const Image& image, int width, int height);

// Puts all images into one picture, row by row. Each is shrunk to at most cell x cell pixels and
// centred in its cell.
Image contact_sheet(std::span<const Image> images, int columns, int cell);

}  // namespace data
