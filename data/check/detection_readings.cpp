#include "data/check/detection_readings.h"

#include <algorithm>

#include "data/metrics/overlap.h"

namespace data {

const Reading kReadings[kReadingCount] = {
    {"x, y, width, height", "",
     [](double a, double b, double c, double d) {
       return std::array{a, b, c, d};
     }},
    {"x1, y1, x2, y2", "subtract x1 and y1 from the last two",
     [](double a, double b, double c, double d) {
       return std::array{a, b, c - a, d - b};
     }},
    {"x, y of the centre, width, height", "subtract half of the width and height from x and y",
     [](double a, double b, double c, double d) {
       return std::array{a - c / 2, b - d / 2, c, d};
     }},
    {"y, x, height, width", "swap y with x, and height with width",
     [](double a, double b, double c, double d) {
       return std::array{b, a, d, c};
     }},
    {"y1, x1, y2, x2", "swap y with x, and subtract x1 and y1 from the last two",
     [](double a, double b, double c, double d) {
       return std::array{b, a, d - b, c - a};
     }},
};

Detection read_as(const Reading& reading, Detection d) {
  const auto [x, y, width, height] = reading.box(d.x, d.y, d.width, d.height);
  d.x = x, d.y = y, d.width = width, d.height = height;
  return d;
}

double best_iou(const Detection& d, std::span<const Object> objects) {
  if (!(d.width > 0) || !(d.height > 0)) return 0;
  double best = 0;
  for (const Object& o : objects)
    if (o.category == d.category && !o.crowd) best = std::max(best, box_iou(d, o));
  return best;
}

}  // namespace data
