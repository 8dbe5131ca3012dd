#include "data/synthetic/background.h"

#include <array>
#include <cmath>
#include <numbers>

#include "engine/base/random.h"

namespace data {

namespace {

using base::RandomSequence;

// Noise in -1 .. 1: random values on a grid of square cells, with smooth transitions.
class Clouds {
 public:
  Clouds(int width, int height, double cell, RandomSequence& random)
      : cell_(cell), columns_(size_t(width / cell) + 2) {
    knots_.resize(columns_ * (size_t(height / cell) + 2));
    for (double& knot : knots_) knot = random.uniform(-1, 1);
  }
  double at(int x, int y) const {
    double u = x / cell_, v = y / cell_;
    size_t column = size_t(u), row = size_t(v);
    double s = ease(u - double(column)), t = ease(v - double(row));
    const double* upper = &knots_[row * columns_ + column];
    const double* lower = upper + columns_;
    double top = upper[0] + s * (upper[1] - upper[0]);
    return top + t * (lower[0] + s * (lower[1] - lower[0]) - top);
  }

 private:
  static double ease(double t) { return t * t * (3 - 2 * t); }
  double cell_;
  size_t columns_;
  std::vector<double> knots_;
};

// Stripes or squares of any direction, in -1 .. 1.
struct Pattern {
  bool squares;
  double cos, sin, phase;
  double at(int x, int y) const {
    double along = std::sin(x * cos + y * sin + phase);
    return squares ? (along * std::sin(y * cos - x * sin + phase) > 0 ? 1 : -1) : along;
  }
};

Pattern make_pattern(bool squares, RandomSequence& random) {
  double angle = random.uniform(0, std::numbers::pi);
  double frequency = 2 * std::numbers::pi / random.uniform(8, 40);
  return {squares, frequency * std::cos(angle), frequency * std::sin(angle), random.uniform(0, 6)};
}

}  // namespace

Picture draw_background(int width, int height, uint64_t seed, uint64_t stream) {
  RandomSequence random(seed, stream);
  std::array<double, 3> start, change, tint;
  double grey = random.uniform(50, 200);
  for (size_t c = 0; c < 3; ++c) {
    start[c] = grey + random.uniform(-35, 35);
    change[c] = random.uniform(-45, 45);
    tint[c] = random.uniform(0.5, 1.5);
  }
  double direction = random.uniform(0, 2 * std::numbers::pi);
  int64_t kind = random.below(4);  // clouds, stripes, squares, plain
  double strength = kind == 3 ? 0 : random.uniform(6, 22);
  Pattern pattern = make_pattern(kind == 2, random);
  Clouds clouds(width, height, random.uniform(8, 40), random);
  Picture image{width, height, std::vector<uint8_t>(size_t(width) * size_t(height) * 3)};
  uint8_t* out = image.rgb.data();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      double along = std::cos(direction) * (double(x) / width - 0.5) +
                     std::sin(direction) * (double(y) / height - 0.5);
      double texture = strength * (kind == 0 ? clouds.at(x, y) : pattern.at(x, y));
      double noise = random.uniform(-6, 6);
      for (size_t c = 0; c < 3; ++c)
        *out++ = to_level(start[c] + change[c] * along + texture * tint[c] + noise);
    }
  return image;
}

}  // namespace data
