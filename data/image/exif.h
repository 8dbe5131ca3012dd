// The orientation that a camera left in a JPEG file.
#pragma once
#include <cstdint>
#include <span>

namespace data {

// 1..8 as EXIF defines them; 1 (upright) when there is none or the EXIF block is damaged. Pictures
// are never turned, as in the reference; this only finds those whose boxes may be meant for a
// turned one.
int exif_orientation(std::span<const uint8_t> jpeg);

// Whether the orientation exchanges width and height.
constexpr bool swaps_sides(int orientation) { return orientation >= 5; }

}  // namespace data
