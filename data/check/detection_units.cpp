#include "data/check/detection_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "data/check/box_units.h"
#include "data/metrics/overlap.h"

namespace data {
namespace {

// What the four numbers a, b, c, d of a detection may be.
struct Reading {
  const char* numbers;
  const char* cure;
  std::array<double, 4> (*box)(double a, double b, double c, double d);  // x, y, width, height
};
constexpr size_t kSizes = 0, kCorners = 1;
const Reading kReadings[] = {
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
constexpr size_t kCount = std::size(kReadings);

// The largest IoU of the detection, read in this way, with an object of its class.
double best_iou(Detection d, const Reading& reading, std::span<const Object> objects) {
  const auto [x, y, width, height] = reading.box(d.x, d.y, d.width, d.height);
  if (!(width > 0) || !(height > 0)) return 0;
  d.x = x, d.y = y, d.width = width, d.height = height;
  double best = 0;
  for (const Object& o : objects)
    if (o.category == d.category && !o.crowd) best = std::max(best, box_iou(d, o));
  return best;
}

// How well detections lie on objects of their class, in each reading.
struct Fit {
  // The detections that were tried, and how many of them could lie on an object of their own.
  int64_t tried = 0, most = 0;
  std::array<int64_t, kCount> fitting{};  // of those tried, the ones with an IoU of 0.5 or more
  std::array<double, kCount> overlap{};   // the sums of all IoU

  bool enough(size_t reading) const {
    return fitting[reading] >= 3 && fitting[reading] * 10 >= most;
  }
};

Fit fit_of(std::span<const Detection> detections, const Dataset& truth) {
  constexpr double kFits = 0.5;
  // A sample is enough, and bounds the work for files with very many boxes of one image.
  constexpr size_t kDetections = 10'000, kObjects = 1'000;
  const size_t step = detections.size() / kDetections + 1;
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  Fit fit;
  for (size_t i = 0; i < detections.size(); i += step) {
    const Detection& d = detections[i];
    ++fit.tried;
    const auto image = images.find(d.image_id);
    if (image == images.end()) continue;
    const auto all = truth.objects_of(*image->second);
    for (size_t reading = 0; reading < kCount; ++reading) {
      const double iou = best_iou(d, kReadings[reading], all.first(std::min(all.size(), kObjects)));
      fit.fitting[reading] += iou >= kFits;
      fit.overlap[reading] += iou;
    }
  }
  fit.most = std::min(fit.tried, int64_t(truth.objects.size()));
  return fit;
}

// Whether the numbers are rather those of `reading` than x, y, width, height. Large objects are met
// in several readings, and a bad detector meets some objects by chance, so that twice or three
// times as many have to fit, and one in a hundred in the rarer readings. If boxes reach past the
// border, as corners do, a little better is enough.
bool fits_better(const Fit& fit, size_t reading, bool past_border) {
  if (reading != kCorners)
    return fit.fitting[reading] > 3 * fit.fitting[kSizes] &&
           fit.fitting[reading] * 100 >= fit.tried;
  return past_border ? fit.overlap[reading] > fit.overlap[kSizes]
                     : fit.fitting[reading] > 2 * fit.fitting[kSizes];
}

}  // namespace

std::string units_in_words(std::span<const Detection> detections, const Dataset& truth) {
  const BoxUnits units = count_box_units(detections, truth);
  const Fit fit = fit_of(detections, truth);
  const auto best =
      size_t(std::max_element(fit.fitting.begin(), fit.fitting.end()) - fit.fitting.begin());
  if (units.look_like_unit() || !fit.enough(best)) return units.in_words();
  const bool past_border = units.look_like_corners() || units.may_be_corners();
  const size_t likely = best == kSizes && past_border ? kCorners : best;
  if (likely == kSizes || !fits_better(fit, likely, past_border)) return "";
  return fmt::format(
      "the boxes look like {}: as [{}], {} of {} lie on an object of their class, and as [{}], {} "
      "do; {}",
      likely == kCorners ? "corners" : "another order of numbers", kReadings[kSizes].numbers,
      fit.fitting[kSizes], fit.tried, kReadings[likely].numbers, fit.fitting[likely],
      kReadings[likely].cure);
}

}  // namespace data
