#include "data/check/detection_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <vector>

#include "data/check/detection_readings.h"
#include "data/metrics/overlap.h"
#include "engine/base/text.h"

namespace data {
namespace {

// They bound the work for files with very many boxes.
constexpr size_t kDetections = 20'000, kOfImage = 300;

using Found = std::unordered_map<int64_t, std::vector<const Detection*>>;

// The detections of the first images of the file, the best of each image first.
Found found_by_image(std::span<const Detection> detections) {
  Found found;
  for (const Detection& d : detections.first(std::min(detections.size(), kDetections)))
    found[d.image_id].push_back(&d);
  for (auto& [image, list] : found) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Detection* a, const Detection* b) { return a->score > b->score; });
    list.resize(std::min(list.size(), kOfImage));
  }
  return found;
}

// How often an object of a class was found as which class: counts[found][true].
using Counts = std::map<int32_t, std::map<int32_t, int64_t>>;

Counts count_classes(const Found& found, const Dataset& truth) {
  Counts counts;
  for (const ImageEntry& image : truth.images) {
    const auto list = found.find(image.id);
    if (list == found.end()) continue;
    const auto all = truth.objects_of(image);
    for (const Object& o : all.first(std::min(all.size(), kMostObjects))) {
      const auto on_it = [&](const Detection* d) { return box_iou(*d, o) >= kFits; };
      const auto best = std::find_if(list->second.begin(), list->second.end(), on_it);
      if (!o.crowd && best != list->second.end()) ++counts[(*best)->category][o.category];
    }
  }
  return counts;
}

std::string name_of(const Dataset& truth, int32_t category) {
  const Category& c = truth.categories[size_t(category)];
  return fmt::format("{} '{}'", c.id, base::printable_name(c.name));
}

}  // namespace

std::string classes_in_words(std::span<const Detection> detections, const Dataset& truth) {
  int64_t objects = 0, by_rule = 0, right = 0, most = 0;
  std::string example;
  for (const auto& [found, classes] : count_classes(found_by_image(detections), truth)) {
    const auto usual =
        std::max_element(classes.begin(), classes.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    for (const auto& [category, count] : classes) {
      objects += count;
      right += category == found ? count : 0;
    }
    by_rule += usual->second;
    if (usual->first == found || usual->second <= most) continue;
    most = usual->second;
    example = fmt::format("class {} lies on objects of class {}", name_of(truth, found),
                          name_of(truth, usual->first));
  }
  if (objects < 10 || right * 2 > objects || by_rule * 5 < objects * 4 || most == 0) return "";
  return fmt::format(
      "the classes seem to be numbered otherwise: of {} objects with a detection on them, {} were "
      "found as their own class; for example, {}; give the category ids of the annotations, or the "
      "names as \"category\"",
      objects, right, example);
}

}  // namespace data
