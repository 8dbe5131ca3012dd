#include "data/check/odd_detections.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace data {
namespace {

auto values_of(const Detection& d) {
  return std::tie(d.image_id, d.category, d.score, d.x, d.y, d.width, d.height);
}

struct Odd {
  int64_t count = 0, first_image = 0;
  void add(const Detection& d) {
    if (count++ == 0) first_image = d.image_id;
  }
  void say(std::vector<std::string>& lines, int64_t all, const char* what) const {
    if (count > 0)
      lines.push_back(fmt::format("{} of {} detections {} (the first: image id {})", count, all,
                                  what, first_image));
  }
};

bool touches(const Detection& d, const ImageEntry& image) {
  return d.x < image.width && d.y < image.height && d.x + d.width > 0 && d.y + d.height > 0;
}

Odd listed_again(std::vector<Detection> sorted) {
  std::sort(sorted.begin(), sorted.end(),
            [](const Detection& a, const Detection& b) { return values_of(a) < values_of(b); });
  Odd again;
  for (size_t i = 1; i < sorted.size(); ++i)
    if (values_of(sorted[i - 1]) == values_of(sorted[i])) again.add(sorted[i]);
  return again;
}

}  // namespace

std::vector<std::string> odd_detections(std::span<const Detection> detections,
                                        const Dataset& truth) {
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  Odd outside, score;
  for (const Detection& d : detections) {
    const auto image = images.find(d.image_id);
    if (image != images.end() && d.width > 0 && d.height > 0 && !touches(d, *image->second))
      outside.add(d);
    if (d.score < 0 || d.score > 1) score.add(d);
  }
  std::vector<std::string> lines;
  const auto all = int64_t(detections.size());
  outside.say(lines, all, "lie outside of their image; were the images of another size?");
  listed_again({detections.begin(), detections.end()})
      .say(lines, all, "are listed again with all their values, and count as false");
  score.say(lines, all, "have a score that is not from 0 to 1; only their order counts");
  return lines;
}

std::string threshold_in_words(std::span<const Detection> detections) {
  constexpr size_t kFew = 50;
  constexpr double kLow = 0.1;
  if (detections.size() < kFew) return {};
  const double lowest = std::ranges::min_element(detections, {}, &Detection::score)->score;
  if (lowest < kLow || lowest > 1) return {};
  return fmt::format(
      "no detection has a score below {:.3g}: if a threshold left them out, the metrics are too "
      "low; detect again with a lower one, as with ssddetect --score-threshold 0.001",
      lowest);
}

}  // namespace data
