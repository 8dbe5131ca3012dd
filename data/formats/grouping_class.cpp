#include "data/formats/grouping_class.h"

#include <algorithm>

#include "engine/base/text.h"

namespace data {
namespace {

bool groups_all_others(const Dataset& dataset, const Category& group) {
  return std::all_of(
      dataset.categories.begin(), dataset.categories.end(), [&](const Category& other) {
        return &other == &group ? other.group != group.name : other.group == group.name;
      });
}

bool has_boxes(const Dataset& dataset, size_t category) {
  return std::ranges::any_of(dataset.objects, [category](const Object& o) {
    return o.category == static_cast<int32_t>(category);
  });
}

void leave_out(int index, const char* why, const Source& source, Dataset& dataset) {
  if (index < 0 || source.keep_grouping_class) return;
  const std::string name = dataset.categories[size_t(index)].name;
  const auto& kept = source.model_classes;
  if (std::find(kept.begin(), kept.end(), name) != kept.end()) return;
  leave_out_class(dataset, index);
  const std::string option = source.option("keep_grouping_class");
  dataset.notes.push_back(source.path() + ": category '" + base::printable_name(name) +
                          "' has no boxes and " + why + ": it is left out of the classes" +
                          (option.empty() ? "" : " (" + option + " keeps it)"));
}

}  // namespace

int find_grouping_class(const Dataset& dataset) {
  if (dataset.categories.size() < 2) return -1;
  for (size_t i = 0; i < dataset.categories.size(); ++i)
    if (groups_all_others(dataset, dataset.categories[i]))  // two cannot both do so
      return has_boxes(dataset, i) ? -1 : static_cast<int>(i);
  return -1;
}

bool is_background_name(const std::string& name) {
  return name == "background" || name == "__background__" || name == "_background_";
}

int find_background_class(const Dataset& dataset) {
  if (dataset.categories.size() < 2) return -1;
  for (size_t i = 0; i < dataset.categories.size(); ++i)
    if (dataset.categories[i].id == 0 && is_background_name(dataset.categories[i].name))
      return has_boxes(dataset, i) ? -1 : static_cast<int>(i);
  return -1;
}

void leave_out_class(Dataset& dataset, int index) {
  dataset.categories.erase(dataset.categories.begin() + index);
  for (Object& object : dataset.objects) object.category -= object.category > index;
}

void leave_out_idle_classes(const Source& source, Dataset& dataset) {
  leave_out(find_grouping_class(dataset), "only groups the others", source, dataset);
  leave_out(find_background_class(dataset), "id 0, as the background", source, dataset);
}

}  // namespace data
