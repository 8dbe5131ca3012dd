#include "data/check/detection_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "data/check/detection_readings.h"
#include "data/check/resized_frame.h"

namespace data {
namespace {

std::vector<Detection> best_scored(std::span<const Detection> detections, size_t most) {
  std::vector<const Detection*> all(detections.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = &detections[i];
  most = std::min(most, all.size());
  std::partial_sort(all.begin(), all.begin() + ptrdiff_t(most), all.end(),
                    [](const Detection* a, const Detection* b) { return a->score > b->score; });
  std::vector<Detection> best;
  for (size_t i = 0; i < most; ++i) best.push_back(*all[i]);
  return best;
}

std::vector<Candidate> candidates_of(const std::vector<Detection>& detections, const Dataset& truth,
                                     const Reading& reading) {
  constexpr size_t kObjects = 100;
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  std::vector<Candidate> candidates;
  for (const Detection& d : detections)
    if (const auto image = images.find(d.image_id); image != images.end()) {
      const Detection read = read_as(reading, d);
      const auto all = truth.objects_of(*image->second);
      if (read.width > 0 && read.height > 0)
        candidates.push_back({read, image->second, all.first(std::min(all.size(), kObjects))});
    }
  return candidates;
}

template <class Map> int64_t fitting(const std::vector<Candidate>& candidates, const Map& map) {
  return std::count_if(candidates.begin(), candidates.end(),
                       [&](const Candidate& c) { return best_iou(map(c), c.objects) >= kFits; });
}

std::string in_words(const Frame& frame, size_t reading, int64_t plain, int64_t tried,
                     int64_t fitting) {
  const std::string size = fmt::format("{:.0f} x {:.0f}", frame.width, frame.height);
  std::string cure = reading == kSizes ? "" : std::string(kReadings[reading].cure) + ", then ";
  if (frame.lies == Lies::in_middle) cure += "take off the border and ";
  cure += frame.lies == Lies::stretched
              ? fmt::format(
                    "multiply x and width by the image's width / {:.0f}, and y and height by "
                    "its height / {:.0f}",
                    frame.width, frame.height)
              : fmt::format("divide by the scale, which is {:.0f} / the image's longer side",
                            frame.width);
  return fmt::format(
      "the boxes look like pixels of images that were {} to {}: of the {} with the highest scores, "
      "{} lie on an object of their class, and as [{}] in {} pixels, {} do; {}",
      frame.lies == Lies::stretched   ? "resized"
      : frame.lies == Lies::in_middle ? "resized and padded"
                                      : "resized and padded at the right or below",
      size, tried, plain, kReadings[reading].numbers, size, fitting, cure);
}

}  // namespace

std::string frame_in_words(std::span<const Detection> detections, const Dataset& truth) {
  // The best detections of a network mostly lie on objects, so few are needed.
  constexpr size_t kMost = 2'000, kLeast = 5;
  const std::vector<Detection> best =
      best_scored(detections, std::min(kMost, 2 * truth.objects.size()));
  const size_t most = std::min(best.size(), truth.objects.size());
  Frame found;
  size_t reading = kSizes;
  int64_t plain = 0, met = 0;
  for (size_t r = 0; r < kReadingCount; ++r) {
    const std::vector<Candidate> candidates = candidates_of(best, truth, kReadings[r]);
    plain = std::max(plain, fitting(candidates, [](const Candidate& c) { return c.detection; }));
    for (const Lies lies : {Lies::stretched, Lies::in_middle, Lies::in_corner}) {
      const Frame frame = likely_frame(candidates, lies);
      const auto map = [&](const Candidate& c) { return frame.in_image(c.detection, *c.image); };
      const int64_t fits = frame.width > 0 ? fitting(candidates, map) : 0;
      if (fits > met) met = fits, found = frame, reading = r;
    }
  }
  if (size_t(met) < kLeast || size_t(met) * 4 < most || met <= 2 * plain) return "";
  return in_words(found, reading, plain, int64_t(best.size()), met);
}

}  // namespace data
