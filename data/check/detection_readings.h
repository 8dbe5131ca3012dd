// What the four numbers of a detection may be, and how well its box then lies on an object.
#pragma once
#include <array>
#include <span>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// A way to read the four numbers a, b, c, d.
struct Reading {
  const char* numbers;
  const char* cure;
  std::array<double, 4> (*box)(double a, double b, double c, double d);  // x, y, width, height
};
inline constexpr size_t kSizes = 0, kCorners = 1, kReadingCount = 5;
extern const Reading kReadings[kReadingCount];

// The detection with its box as it is read. Boxes without area stay, and match nothing.
Detection read_as(const Reading& reading, Detection d);

// The largest IoU of a box with area with an object of the detection's class; 0 if there is none.
double best_iou(const Detection& d, std::span<const Object> objects);

inline constexpr double kFits = 0.5;  // the IoU from which on a box lies on an object

// Bounds the work for files with very many boxes of one image: a sample is enough.
inline constexpr size_t kMostObjects = 1'000;

}  // namespace data
