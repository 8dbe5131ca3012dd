#include "data/check/repeats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <tuple>
#include <unordered_set>

#include "engine/base/text.h"

namespace data {

std::vector<std::pair<size_t, size_t>> repeated_boxes(std::span<const Object> objects) {
  std::vector<size_t> order;
  for (size_t i = 0; i < objects.size(); ++i)  // what is not a number cannot be sorted
    if (const Object& o = objects[i]; std::isfinite(o.x + o.y + o.width + o.height))
      order.push_back(i);
  const auto key = [&](size_t i) {
    const Object& o = objects[i];
    return std::tie(o.category, o.x, o.y, o.width, o.height);
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key(a) < key(b); });
  std::vector<std::pair<size_t, size_t>> repeated;
  for (size_t i = 1; i < order.size(); ++i)
    if (key(order[i]) == key(order[i - 1])) repeated.emplace_back(order[i], order[i - 1]);
  return repeated;
}

Repeats count_repeats(const Dataset& dataset) {
  Repeats repeats;
  std::unordered_set<std::string> files;
  for (const ImageEntry& image : dataset.images) {
    const auto objects = dataset.objects_of(image);
    repeats.boxes += int64_t(objects.size());
    repeats.repeated_boxes += int64_t(repeated_boxes(objects).size());
    if (image.shard >= 0) continue;
    ++repeats.images;
    const auto file = std::filesystem::path(image.file_name).lexically_normal();
    repeats.repeated_images += !files.insert(file.string()).second;
  }
  return repeats;
}

bool Repeats::many() const {
  return repeated_boxes * 100 > boxes || repeated_images * 100 > images;
}

std::string Repeats::in_words() const {
  std::string text;
  if (repeated_images > 0)
    text =
        base::share_in_words(repeated_images, images) + " images have the file of an earlier one";
  if (repeated_boxes > 0)
    text += (text.empty() ? "" : ", and ") + base::share_in_words(repeated_boxes, boxes) +
            " boxes are those of an earlier object with the same class in their image";
  if (text.empty()) return text;
  return text + "; each counts as often as it is listed (ssddata check lists them)";
}

}  // namespace data
