// Makes pictures smaller, and puts many of them into one.
#pragma once
#include <span>

#include "data/image/picture.h"

namespace data {

// Averages over areas so that the result fits into width x height. It keeps the aspect ratio and
// never enlarges.
Picture shrink_to_fit(const Picture& image, int width, int height);

// Puts all images into one picture, row by row. Each is shrunk to at most cell x cell pixels and
// centred in its cell.
Picture contact_sheet(std::span<const Picture> images, int columns, int cell);

}  // namespace data
