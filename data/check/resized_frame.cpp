#include "data/check/resized_frame.h"

#include <algorithm>
#include <cmath>

#include "data/check/detection_readings.h"
#include "data/metrics/overlap.h"

namespace data {
namespace {

// The frame that would put the box onto the object.
Frame frame_between(const Detection& d, const Object& o, const ImageEntry& image, Lies lies) {
  if (lies == Lies::stretched)
    return {.width = image.width * (d.x + d.width) / (o.x + o.width),
            .height = image.height * (d.y + d.height) / (o.y + o.height)};
  const double scale = std::sqrt(d.width * d.height / (o.width * o.height));
  const double side = scale * std::max(image.width, image.height);
  return {.width = side, .height = side, .lies = lies};
}

bool alike(const Frame& a, const Frame& b) {
  constexpr double kTolerance = 0.06;
  return std::abs(a.width - b.width) < kTolerance * a.width &&
         std::abs(a.height - b.height) < kTolerance * a.height;
}

// Networks take a multiple of 32 pixels, or a round number.
double usual(double side) {
  constexpr double kNear = 0.03;
  double best = std::round(side), distance = kNear * side;
  for (const double step : {32.0, 100.0}) {
    const double round = std::max(1.0, std::round(side / step)) * step;
    if (std::abs(round - side) < distance) distance = std::abs(round - side), best = round;
  }
  return best;
}

}  // namespace

Detection Frame::in_image(Detection d, const ImageEntry& image) const {
  double to_x = image.width / width, to_y = image.height / height, left = 0, top = 0;
  if (lies != Lies::stretched) to_x = to_y = std::max(to_x, to_y);
  if (lies == Lies::in_middle)
    left = (width - image.width / to_x) / 2, top = (height - image.height / to_y) / 2;
  d.x = (d.x - left) * to_x, d.y = (d.y - top) * to_y;
  d.width *= to_x, d.height *= to_y;
  return d;
}

Frame likely_frame(const std::vector<Candidate>& candidates, Lies lies) {
  constexpr size_t kMostVotes = 3'000;
  std::vector<Frame> votes;
  for (const Candidate& c : candidates)
    for (const Object& o : c.objects) {
      if (o.category != c.detection.category || o.crowd || !(o.width > 0) || !(o.height > 0))
        continue;
      const Frame frame = frame_between(c.detection, o, *c.image, lies);
      if (frame.width > 1 && frame.height > 1 && votes.size() < kMostVotes &&
          box_iou(frame.in_image(c.detection, *c.image), o) >= kFits)
        votes.push_back(frame);
    }
  Frame best;
  size_t most = 0;
  for (const Frame& vote : votes) {
    double width = 0, height = 0;
    size_t count = 0;
    for (const Frame& other : votes)
      if (alike(vote, other)) width += other.width, height += other.height, ++count;
    if (count > most)
      most = count, best = {usual(width / double(count)), usual(height / double(count)), lies};
  }
  return best;
}

}  // namespace data
