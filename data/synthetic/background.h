// Draws textured backgrounds for synthetic scenes.
#pragma once
#include <algorithm>
#include <cstdint>

#include "data/image/picture.h"

namespace data {

// Rounds a channel's value and cuts it to 0..255.
inline uint8_t to_level(double v) { return uint8_t(std::clamp(v, 0.0, 255.0) + 0.5); }

// Draws a gradient with stripes, squares or clouds on it, and fine noise. The result depends on the
// arguments alone.
Picture draw_background(int width, int height, uint64_t seed, uint64_t stream);

}  // namespace data
