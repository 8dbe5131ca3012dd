#include "data/synthetic/shapes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "data/synthetic/background.h"
#include "engine/base/error.h"
#include "engine/base/random.h"

namespace data {

namespace {

using base::RandomSequence;

constexpr double kPi = std::numbers::pi;

// Whether (u, v) lies in a shape of radius 1 around the origin.
bool inside(int kind, double u, double v) {
  double r2 = u * u + v * v;
  switch (kind) {
    case 0:  // circle
      return r2 <= 1;
    case 1:  // square
      return std::max(std::abs(u), std::abs(v)) <= 0.7;
    case 2:  // triangle: three half planes at the distance of the inscribed circle
      return v <= 0.5 && std::abs(u) * std::sqrt(3) / 2 - v / 2 <= 0.5;
    case 3: {  // star: each tip is bounded by the line from (1, 0) to the notch at 36 degrees
      double sector = 2 * kPi / 5;
      double angle = std::abs(std::remainder(std::atan2(u, -v), sector)), r = std::sqrt(r2);
      double notch_x = 0.45 * std::cos(sector / 2), notch_y = 0.45 * std::sin(sector / 2);
      double x = r * std::cos(angle), y = r * std::sin(angle);
      return (x - 1) * notch_y + y * (1 - notch_x) <= 0;
    }
    case 4:  // cross
      return std::min(std::abs(u), std::abs(v)) <= 0.28 &&
             std::max(std::abs(u), std::abs(v)) <= 0.95;
    default:  // ring
      return r2 <= 1 && r2 >= 0.55 * 0.55;
  }
}

struct Placement {
  int kind;
  double x, y, radius;
  double cos, sin;  // of the rotation
};

// The part of the smaller square that the other one covers.
double overlap(const Placement& a, const Placement& b) {
  double reach = a.radius + b.radius, smaller = 2 * std::min(a.radius, b.radius);
  double w = std::min(reach - std::abs(a.x - b.x), smaller);
  double h = std::min(reach - std::abs(a.y - b.y), smaller);
  return w <= 0 || h <= 0 ? 0 : w * h / (smaller * smaller);
}

std::vector<Placement> place(const SceneOptions& o, RandomSequence& random) {
  constexpr int kTries = 30;
  constexpr double kMaxOverlap = 0.25;
  int64_t count = o.min_objects + random.below(o.max_objects - o.min_objects + 1);
  std::vector<Placement> placed;
  for (int64_t i = 0; i < count; ++i)
    for (int attempt = 0; attempt < kTries; ++attempt) {
      Placement p;
      p.kind = int(random.below(o.classes));
      // The logarithm is uniform, so that small objects are as frequent as in photographs.
      double size = o.min_size * std::pow(o.max_size / o.min_size, random.unit());
      p.radius = size * std::min(o.width, o.height) / 2;
      p.x = random.uniform(p.radius, o.width - p.radius);
      p.y = random.uniform(p.radius, o.height - p.radius);
      double angle = random.uniform(0, 2 * kPi);
      p.cos = std::cos(angle), p.sin = std::sin(angle);
      bool free = std::all_of(placed.begin(), placed.end(),
                              [&](const Placement& q) { return overlap(p, q) <= kMaxOverlap; });
      if (!free) continue;
      placed.push_back(p);
      break;
    }
  return placed;
}

// The part of pixel (x, y) that the shape covers, from 4x4 samples.
double coverage(const Placement& p, int x, int y) {
  constexpr int kSamples = 4;
  double cos = p.cos / p.radius, sin = p.sin / p.radius;
  int hits = 0;
  for (int i = 0; i < kSamples * kSamples; ++i) {
    double dx = x + (i % kSamples + 0.5) / kSamples - p.x;
    double dy = y + (i / kSamples + 0.5) / kSamples - p.y;
    hits += inside(p.kind, dx * cos + dy * sin, dy * cos - dx * sin);
  }
  return double(hits) / (kSamples * kSamples);
}

// A colour that stands out from the pixel under the shape's centre.
std::array<double, 3> contrasting_colour(const Picture& image, const Placement& p,
                                         RandomSequence& random) {
  const uint8_t* below = &image.rgb[(size_t(p.y) * size_t(image.width) + size_t(p.x)) * 3];
  std::array<double, 3> best = {};
  double best_distance = -1;
  for (int attempt = 0; attempt < 8 && best_distance < 110; ++attempt) {
    std::array<double, 3> colour;
    double distance = 0;
    for (size_t c = 0; c < 3; ++c) {
      colour[c] = random.uniform(10, 245);
      distance = std::max(distance, std::abs(colour[c] - below[c]));
    }
    if (distance > best_distance) best = colour, best_distance = distance;
  }
  return best;
}

// Paints one shape and marks the pixels it covers by more than half in `owner`.
void paint(Picture& image, std::vector<int16_t>& owner, const Placement& p, int16_t number,
           RandomSequence& random) {
  auto colour = contrasting_colour(image, p, random);
  double shade = random.uniform(-30, 30);
  int left = std::max(0, int(p.x - p.radius) - 1), top = std::max(0, int(p.y - p.radius) - 1);
  int right = std::min(image.width, int(p.x + p.radius) + 2);
  int bottom = std::min(image.height, int(p.y + p.radius) + 2);
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x) {
      double share = coverage(p, x, y);
      if (share == 0) continue;
      size_t at = size_t(y) * size_t(image.width) + size_t(x);
      double light = shade * (y - p.y) / p.radius + random.uniform(-5, 5);
      for (size_t c = 0; c < 3; ++c) {
        uint8_t& value = image.rgb[at * 3 + c];
        value = to_level(value + share * (colour[c] + light - value));
      }
      if (share >= 0.5) owner[at] = number;
    }
}

std::vector<Object> measure(const std::vector<int16_t>& owner, int width,
                            const std::vector<Placement>& placed) {
  std::vector<Object> objects;
  for (size_t number = 0; number < placed.size(); ++number) {
    int left = width, right = -1, top = -1, bottom = -1;
    int64_t pixels = 0;
    for (size_t at = 0; at < owner.size(); ++at) {
      if (owner[at] != int16_t(number)) continue;
      int x = int(at % size_t(width)), y = int(at / size_t(width));
      left = std::min(left, x), right = std::max(right, x);
      top = pixels ? top : y, bottom = y;
      ++pixels;
    }
    if (pixels == 0) continue;
    objects.push_back({.category = placed[number].kind,
                       .x = double(left),
                       .y = double(top),
                       .width = double(right - left + 1),
                       .height = double(bottom - top + 1),
                       .area = double(pixels)});
  }
  return objects;
}

}  // namespace

const std::string& shape_name(int kind) {
  static const std::array<std::string, kShapeKinds> kNames = {"circle", "square", "triangle",
                                                              "star",   "cross",  "ring"};
  return kNames.at(size_t(kind));
}

void check_scene_options(const SceneOptions& o) {
  const auto require = [](const char* what, double value, const base::Interval& range) {
    if (!range.contains(value))
      base::fail(base::ExitCode::usage, "drawn pictures: ", what, " ", value,
                 ", expected a number ", in_words(range));
  };
  static_assert(SceneOptions::kClasses.high == kShapeKinds);
  require("width", o.width, SceneOptions::kSide);
  require("height", o.height, SceneOptions::kSide);
  require("classes", o.classes, SceneOptions::kClasses);
  require("most objects", o.max_objects, SceneOptions::kObjects);
  require("fewest objects", o.min_objects, base::between(0, o.max_objects));
  require("largest size", o.max_size, SceneOptions::kSize);
  require("smallest size", o.min_size, base::between(SceneOptions::kSize.low, o.max_size));
}

Scene draw_scene(const SceneOptions& o, uint64_t index) {
  check_scene_options(o);
  RandomSequence layout(o.seed, 3 * index), surface(o.seed, 3 * index + 1);
  std::vector<Placement> placed = place(o, layout);
  Scene scene{draw_background(o.width, o.height, o.seed, 3 * index + 2), {}};
  std::vector<int16_t> owner(size_t(o.width) * size_t(o.height), -1);
  for (size_t i = 0; i < placed.size(); ++i)
    paint(scene.image, owner, placed[i], int16_t(i), surface);
  scene.objects = measure(owner, o.width, placed);
  return scene;
}

}  // namespace data
