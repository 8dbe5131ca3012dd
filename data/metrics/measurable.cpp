#include "data/metrics/measurable.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr double kLargestArea = 1e10;  // of COCO's range "all"

bool countable(const Object& object) { return !object.crowd && has_counted_area(object); }

}  // namespace

bool has_counted_area(const Object& object) {
  return object.area >= 0 && object.area <= kLargestArea;
}

std::string why_unmeasured(const Dataset& truth) {
  const auto& objects = truth.objects;
  if (std::any_of(objects.begin(), objects.end(), countable)) return {};
  if (objects.empty())
    return fmt::format("there is no object in its {}",
                       base::counted(int64_t(truth.images.size()), "image"));
  const auto crowds =
      std::count_if(objects.begin(), objects.end(), [](const Object& o) { return o.crowd; });
  const std::string each = objects.size() == 1
                               ? "its only object"
                               : fmt::format("each of its {} objects", objects.size());
  if (size_t(crowds) == objects.size()) return each + " is a crowd region, which no metric counts";
  return each + " is a crowd region or has an area outside of 0 to 1e10 px";
}

std::string uncounted_in_words(const Dataset& truth) {
  const auto uncounted =
      std::count_if(truth.objects.begin(), truth.objects.end(),
                    [](const Object& o) { return !o.crowd && !has_counted_area(o); });
  if (uncounted == 0 || !why_unmeasured(truth).empty()) return {};
  return fmt::format(
      "{} objects take no part in the metrics, because their area is not from 0 to 1e10 px",
      base::share_in_words(uncounted, int64_t(truth.objects.size())));
}

}  // namespace data
