// Textured backgrounds for drawn scenes.
#pragma once
#include <algorithm>
#include <cstdint>

#include "data/image/image.h"

namespace data {

inline uint8_t to_level(double v) { return uint8_t(std::clamp(v, 0.0, 255.0) + 0.5); }

// A gradient with stripes, squares or clouds on it, and fine noise: a function of (seed, stream).
Image draw_background(int width, int height, uint64_t seed, uint64_t stream);

}  // namespace data
