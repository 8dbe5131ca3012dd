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

bool has_odd_area(const Object& object) {
  if (object.crowd || !has_counted_area(object)) return false;
  if (!(object.width > 0 && object.height > 0)) return false;
  // Tools round the sides of boxes, or count a pixel more of each.
  constexpr double kPixel = 1, kRounding = 1.01;
  return object.area == 0 ||
         object.area > (object.width + kPixel) * (object.height + kPixel) * kRounding;
}

bool has_area_in_parts(const Object& object) {
  constexpr double kPixel = 1, kLeastBox = 100;
  return !object.crowd && object.area > 0 && object.area <= kPixel &&
         object.width * object.height > kLeastBox;
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

std::string odd_areas_in_words(const Dataset& truth) {
  const auto all = int64_t(truth.objects.size());
  const auto odd = std::ranges::count_if(truth.objects, has_odd_area);
  const auto parts = std::ranges::count_if(truth.objects, has_area_in_parts);
  std::string words;
  if (odd > 0)
    words =
        base::share_in_words(odd, all) + " objects have an area of 0 or above that of their box";
  if (parts > 0)
    words +=
        (words.empty() ? "" : ", and ") + base::share_in_words(parts, all) +
        " objects have an area of at most 1 px in a box of more than 100 (expected pixels; are "
        "they parts of the image?)";
  return words.empty() ? "" : words + ", by which they are counted as small, medium or large";
}

}  // namespace data
