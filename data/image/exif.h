// Reads the orientation that a camera has left in a JPEG or PNG file.
#pragma once
#include <cstdint>
#include <span>

namespace data {

// Returns 1..8 as EXIF defines them. It is 1 (upright) if the file names none before its pixels, or
// if the EXIF block is damaged. The first bytes of a file, up to its pixels, are enough.
int exif_orientation(std::span<const uint8_t> file);

}  // namespace data
