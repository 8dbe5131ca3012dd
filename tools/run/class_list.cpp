#include "tools/run/class_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>

#include "data/class_limit.h"
#include "data/likely_name.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "model/detector_options.h"

namespace run {

using base::ExitCode, base::fail;

constexpr int64_t kMostClasses = int64_t(data::kMostClasses);
static_assert(kMostClasses == model::limits::classes.high);

constexpr size_t kShown = 8;  // names in a list

std::string with_likely(const std::string& name, const ClassList& classes) {
  const std::string simple = data::simplified(name);
  for (const ModelClass& c : classes.list())
    if (c.name != name && data::simplified(c.name) == simple)
      return quoted(name) + " (it has " + quoted(c.name) +
             (data::look_equal(c.name, name) ? " in other Unicode characters)" : ")");
  return quoted(name);
}

std::string listed_with_likely(const std::vector<std::string>& names, const ClassList& classes) {
  std::vector<std::string> shown(names);
  for (size_t i = 0; i < shown.size(); ++i)
    if (i < kShown) shown[i] = with_likely(names[i], classes);
  return listed(shown);
}

std::string quoted(const std::string& name) { return "'" + base::printable(name) + "'"; }

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

void refuse_same_names(const data::Dataset& dataset) {
  if (const std::string words = data::same_name_in_words(dataset); !words.empty())
    fail(ExitCode::data, words);
}

namespace {

// A column comes from the category's id (model.class_columns=by_id) or from its index in the list.
void refuse_missing_column(const data::Dataset& dataset, const data::Category& category,
                           int64_t column, int classes) {
  const std::string where = base::concatenate(dataset.source, dataset.source.empty() ? "" : ": ",
                                              "category ", quoted(category.name));
  if (column < 1 || column > kMostClasses)
    fail(ExitCode::data, where, " has the id ", category.id, ", expected 1 to ", kMostClasses,
         " where model.class_columns is by_id: set it to dense");
  if (classes > 0 && column > classes)
    fail(ExitCode::data, where, " needs column ", column, ", but model.num_classes is ", classes,
         ": raise it, or set it to 0, so that it comes from the data");
}

}  // namespace

ClassList::ClassList(const data::Dataset& dataset, config::ClassColumns columns, int classes)
    : classes_(classes) {
  if (dataset.categories.empty())
    fail(ExitCode::data, dataset.source.empty() ? "the training data" : dataset.source, ": ",
         data::kNoCategories);
  refuse_same_names(dataset);
  if (dataset.categories.size() > data::kMostClasses)
    fail(ExitCode::data, dataset.source, dataset.source.empty() ? "" : ": ",
         data::too_many_classes_in_words(dataset.categories.size()));
  int64_t highest = 0;
  for (size_t i = 0; i < dataset.categories.size(); ++i) {
    const data::Category& category = dataset.categories[i];
    if (!base::is_utf8(category.name))
      fail(ExitCode::data, "the name of category ", quoted(category.name), " (id ", category.id,
           ") is not UTF-8: save the file of the names as UTF-8");
    const int64_t column = columns == config::ClassColumns::by_id ? category.id : int64_t(i) + 1;
    refuse_missing_column(dataset, category, column, classes);
    list_.push_back({int(column), category.id, category.name});
    highest = std::max(highest, column);
  }
  if (classes_ == 0) classes_ = int(highest);
}

std::string ClassList::name_of(int column) const {
  for (const ModelClass& c : list_)
    if (c.column == column) return c.name;
  return "class " + std::to_string(column);
}

std::vector<int> ClassList::columns_of(const data::Dataset& dataset) const {
  std::map<std::string, int> by_name;
  for (const ModelClass& c : list_) by_name[c.name] = c.column;
  std::vector<int> columns;
  for (const data::Category& category : dataset.categories) {
    auto found = by_name.find(category.name);
    columns.push_back(found == by_name.end() ? -1 : found->second);
  }
  return columns;
}

std::vector<int> ClassList::categories_of(const data::Dataset& dataset) const {
  std::vector<int> categories(size_t(classes_) + 1, -1), columns = columns_of(dataset);
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i] >= 0) categories[size_t(columns[i])] = int(i);
  return categories;
}

std::string ClassList::to_json() const {
  nlohmann::ordered_json json;
  json["classes"] = classes_;
  json["list"] = nlohmann::ordered_json::array();
  for (const ModelClass& c : list_)
    json["list"].push_back({{"column", c.column}, {"id", c.id}, {"name", c.name}});
  return json.dump();
}

ClassList ClassList::from_json(const std::string& text, const std::string& source) {
  ClassList classes;
  // A number beyond the range of int64 is refused as well, because the library reads it as a float.
  auto whole = [&](const nlohmann::json& value, int64_t least, int64_t most) {
    if (!value.is_number_integer() || value < least || value > most)
      fail(ExitCode::checkpoint, source, ": in its list of classes is ", value.dump(),
           ", expected a whole number from ", least, " to ", most);
    return value.get<int64_t>();
  };
  try {
    const auto json = nlohmann::json::parse(text);
    classes.classes_ = int(whole(json.at("classes"), 0, kMostClasses));
    for (const auto& entry : json.at("list"))
      classes.list_.push_back({int(whole(entry.at("column"), 1, std::max(classes.classes_, 1))),
                               whole(entry.at("id"), INT64_MIN, INT64_MAX),
                               entry.at("name").get<std::string>()});
  } catch (const nlohmann::json::exception&) {
    fail(ExitCode::checkpoint, source,
         ": its list of classes is not readable: take another checkpoint");
  }
  if (classes.classes_ == 0 && !classes.list_.empty())
    fail(ExitCode::checkpoint, source, ": class '", classes.list_[0].name,
         "' has no column in the model");
  return classes;
}

std::string unknown_classes_in_words(const ClassList& classes, const data::Dataset& dataset,
                                     const std::string& name) {
  const std::vector<int> columns = classes.columns_of(dataset);
  std::vector<std::string> unknown;
  for (size_t i = 0; i < columns.size(); ++i)
    if (columns[i] < 0) unknown.push_back(dataset.categories[i].name);
  if (unknown.empty()) return {};
  if (unknown.size() < columns.size())
    return fmt::format("the model does not know {} of the {} classes of {}: {}", unknown.size(),
                       columns.size(), name, listed_with_likely(unknown, classes));
  std::vector<std::string> own;
  for (const ModelClass& c : classes.list()) own.push_back(quoted(c.name));
  fail(ExitCode::data, name, ": the model knows none of its ",
       base::counted(int64_t(columns.size()), "class"), ", ", listed_with_likely(unknown, classes),
       "; the model has ", listed(own),
       ". Classes are matched by name: name them as the model "
       "does, or take other data or another model");
}

std::string missing_classes_in_words(const ClassList& classes, const data::Dataset& dataset,
                                     const std::string& name) {
  const std::vector<int> categories = classes.categories_of(dataset);
  std::vector<std::string> missing;
  for (const ModelClass& c : classes.list())
    if (categories[size_t(c.column)] < 0) missing.push_back(quoted(c.name));
  if (missing.empty()) return {};
  return fmt::format("{} does not list {} of the {} classes of the model: {}", name, missing.size(),
                     classes.list().size(), listed(missing));
}

data::ClassColours class_colours(const ClassList& classes) {
  std::vector<std::string> names;
  for (const ModelClass& c : classes.list()) names.push_back(c.name);
  return data::ClassColours(names);
}

}  // namespace run
