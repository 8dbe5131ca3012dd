// The orientation that a camera left in a JPEG or PNG file.
#pragma once
#include <cstdint>
#include <span>

namespace data {

// 1..8 as EXIF defines them; 1 (upright) when there is none before the pixels, or the EXIF block is
// damaged. The first bytes of a file, up to its pixels, are enough.
int exif_orientation(std::span<const uint8_t> file);

}  // namespace data
