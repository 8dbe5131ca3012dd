// Draws synthetic scenes: geometric shapes on textured backgrounds, with exact boxes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image/picture.h"
#include "engine/base/interval.h"

namespace data {

inline constexpr int kShapeKinds = 6;
// The name of kind 0 .. kShapeKinds - 1: circle, square, triangle, star, cross or ring.
const std::string& shape_name(int kind);

struct SceneOptions {
  static constexpr base::Interval kSide = base::between(32, 4096), kClasses = base::between(1, 6),
                                  kObjects = base::between(0, 100),
                                  kSize = base::between(0.05, 0.9);

  int width = 160, height = 160;           // kSide, in pixels
  int classes = 3;                         // kClasses; shapes are of the first kinds
  int min_objects = 1, max_objects = 4;    // kObjects; fewer are placed if there is no room
  double min_size = 0.15, max_size = 0.5;  // kSize; diameters, as a share of the shorter side
  uint64_t seed = 1;
};

struct Scene {
  Picture image;
  // In each, the id is 0, the category is the kind, the box encloses the visible pixels exactly,
  // and the area is their number.
  std::vector<Object> objects;
};

// Throws Error(usage) if an option is out of range.
void check_scene_options(const SceneOptions& options);

// Draws the scene with that number. It depends on the options and the number alone. Throws
// Error(usage) if an option is out of range.
Scene draw_scene(const SceneOptions& options, uint64_t index);

}  // namespace data
