// Drawn scenes: geometric shapes on textured backgrounds, with exact boxes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image/image.h"

namespace data {

inline constexpr int kShapeKinds = 6;
const std::string& shape_name(int kind);  // circle, square, triangle, star, cross, ring

struct SceneOptions {
  int width = 160, height = 160;           // 32 .. 4096 pixels
  int classes = 3;                         // the first of the kinds, 1 .. kShapeKinds
  int min_objects = 1, max_objects = 4;    // fewer are placed when there is no room
  double min_size = 0.15, max_size = 0.5;  // diameter, as a share of the shorter side
  uint64_t seed = 1;
};

struct Scene {
  Image image;
  // id 0; category = kind; box: the tight bounds of the visible pixels; area: their number.
  std::vector<Object> objects;
};

// Error(usage): an option out of range.
void check_scene_options(const SceneOptions& options);

// The scene of a number: a function of (options, index) alone. Error(usage): options out of range.
Scene draw_scene(const SceneOptions& options, uint64_t index);

}  // namespace data
