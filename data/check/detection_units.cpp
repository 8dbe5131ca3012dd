#include "data/check/detection_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "data/check/box_units.h"
#include "data/check/detection_frame.h"
#include "data/check/detection_readings.h"

namespace data {
namespace {

// How well detections lie on objects of their class, in each reading.
struct Fit {
  // The detections that were tried, and how many of them could lie on an object of their own.
  int64_t tried = 0, most = 0;
  std::array<int64_t, kReadingCount> fitting{};  // of those tried, the ones that lie on an object
  std::array<double, kReadingCount> overlap{};   // the sums of all IoU

  bool enough(size_t reading) const {
    return fitting[reading] >= 3 && fitting[reading] * 10 >= most;
  }
};

Fit fit_of(std::span<const Detection> detections, const Dataset& truth) {
  // A sample is enough, and bounds the work for files with very many boxes of one image.
  constexpr size_t kDetections = 10'000;
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
    for (size_t reading = 0; reading < kReadingCount; ++reading) {
      const double iou =
          best_iou(read_as(kReadings[reading], d), all.first(std::min(all.size(), kMostObjects)));
      fit.fitting[reading] += iou >= kFits;
      fit.overlap[reading] += iou;
    }
  }
  fit.most = std::min(fit.tried, int64_t(truth.objects.size()));
  return fit;
}

// Whether the numbers fit `reading` clearly better than x, y, width, height. Large objects are met
// in several readings, and a bad detector meets some objects by chance. So corners have to fit
// twice as often, and other readings three times, and in 1 % of all detections. If boxes reach past
// the border, as corners do, it is enough if they fit better.
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
  if (!units.look_like_unit() && (!fit.enough(best) || fit.fitting[best] * 2 < fit.most))
    if (const std::string frame = frame_in_words(detections, truth); !frame.empty()) return frame;
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
