#include "data/formats/grouping_class.h"

#include <algorithm>

namespace data {
namespace {

bool groups_all_others(const Dataset& dataset, const Category& group) {
  return std::all_of(
      dataset.categories.begin(), dataset.categories.end(), [&](const Category& other) {
        return &other == &group ? other.group != group.name : other.group == group.name;
      });
}

}  // namespace

int find_grouping_class(const Dataset& dataset) {
  if (dataset.categories.size() < 2) return -1;
  for (size_t i = 0; i < dataset.categories.size(); ++i) {
    if (!groups_all_others(dataset, dataset.categories[i])) continue;
    const bool has_boxes =
        std::any_of(dataset.objects.begin(), dataset.objects.end(),
                    [i](const Object& o) { return o.category == static_cast<int32_t>(i); });
    return has_boxes ? -1 : static_cast<int>(i);  // two categories cannot both group all others
  }
  return -1;
}

void leave_out_class(Dataset& dataset, int index) {
  dataset.categories.erase(dataset.categories.begin() + index);
  for (Object& object : dataset.objects) object.category -= object.category > index;
}

}  // namespace data
