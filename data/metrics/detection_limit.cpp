#include "data/metrics/detection_limit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/counted.h"

namespace data {
namespace {

using Place = std::pair<int64_t, int32_t>;  // image id, category

int64_t beyond(const std::map<Place, int64_t>& counts, int64_t limit) {
  int64_t sum = 0;
  for (const auto& [place, count] : counts) sum += std::max<int64_t>(count - limit, 0);
  return sum;
}

int64_t objects_in(const Dataset& truth, const ImageEntry& image) {
  const auto objects = truth.objects_of(image);
  return std::count_if(objects.begin(), objects.end(), [](const Object& o) { return !o.crowd; });
}

}  // namespace

std::string limit_in_words(const Dataset& truth, std::span<const Detection> detections, int limit) {
  std::map<Place, int64_t> found, objects;
  for (const Detection& d : detections) ++found[{d.image_id, d.category}];
  for (const ImageEntry& image : truth.images)
    for (const Object& o : truth.objects_of(image))
      if (!o.crowd) ++objects[{image.id, o.category}];
  const int64_t left_out = beyond(found, limit), hidden = beyond(objects, limit);
  if (left_out == 0 && hidden == 0) return {};
  return fmt::format(
      "only the best {} of each image and category count: {} of {} are left out, and {} of {} "
      "cannot be found",
      limit == 1 ? "detection" : fmt::format("{} detections", limit), left_out, detections.size(),
      hidden, base::counted(int64_t(truth.objects.size()), "object"));
}

std::string crowded_in_words(const Dataset& truth, int most) {
  int64_t images = 0, hidden = 0;
  for (const ImageEntry& image : truth.images) {
    const int64_t more = objects_in(truth, image) - most;
    images += more > 0;
    hidden += std::max<int64_t>(more, 0);
  }
  if (images == 0) return {};
  return fmt::format("{} of {} {} more than {}, and {} of {} cannot be found", images,
                     base::counted(int64_t(truth.images.size()), "image"),
                     images == 1 ? "has" : "have", base::counted(most, "object"), hidden,
                     base::counted(int64_t(truth.objects.size()), "object"));
}

}  // namespace data
