#include "data/metrics/measurable.h"

#include <fmt/format.h>

#include <algorithm>

namespace data {
namespace {

constexpr double kLargestArea = 1e10;  // of COCO's range "all"

bool countable(const Object& object) {
  return !object.crowd && object.area >= 0 && object.area <= kLargestArea;
}

}  // namespace

std::string why_unmeasured(const Dataset& truth) {
  const auto& objects = truth.objects;
  if (std::any_of(objects.begin(), objects.end(), countable)) return {};
  if (objects.empty())
    return fmt::format("there is no object in its {} images", truth.images.size());
  const auto crowds =
      std::count_if(objects.begin(), objects.end(), [](const Object& o) { return o.crowd; });
  if (size_t(crowds) == objects.size())
    return fmt::format("each of its {} objects is a crowd region, which no metric counts", crowds);
  return fmt::format(
      "each of its {} objects is a crowd region or has an area outside of 0 to 1e10 px",
      objects.size());
}

}  // namespace data
