#include "tools/run/initial_weights.h"

#include <algorithm>
#include <map>
#include <memory>

#include "engine/formats/weights_file.h"
#include "engine/safetensors.h"
#include "model/import_weights.h"

namespace run {
namespace {

// For each of our columns, the column of the same class in `there`. The background's is 0 in both.
model::ClassColumns columns_by_name(const ClassList& ours, const ClassList& there) {
  std::map<std::string, int> by_name;
  for (const ModelClass& c : there.list()) by_name[c.name] = c.column;
  model::ClassColumns columns{.in_file = there.classes() + 1,
                              .source = std::vector<int>(size_t(ours.classes()) + 1, -1)};
  columns.source[0] = 0;
  for (const ModelClass& c : ours.list())
    if (auto found = by_name.find(c.name); found != by_name.end())
      columns.source[size_t(c.column)] = found->second;
  return columns;
}

// Whether every class has the same column in both.
bool same_columns(const ClassList& ours, const ClassList& there) {
  auto names = [](const ClassList& classes) {
    std::map<int, std::string> by_column;
    for (const ModelClass& c : classes.list()) by_column[c.column] = c.name;
    return by_column;
  };
  return ours.classes() == there.classes() && names(ours) == names(there);
}

std::string rows_in_words(const ClassList& ours, const ClassList& there,
                          const model::ClassColumns& columns) {
  std::vector<std::string> taken, fresh;
  for (const ModelClass& c : ours.list())
    if (columns.source[size_t(c.column)] >= 0)
      taken.push_back(quoted(c.name));
    else
      fresh.push_back(with_likely(c.name, there));
  std::string text = "the file has other classes, or another order of them: ";
  if (taken.empty())
    return text +
           "it has none of this run's classes, so all rows of the class predictor are "
           "re-initialised, for " +
           listed(fresh);
  text += "rows of the class predictor are taken by name for " + listed(taken);
  return fresh.empty() ? text : text + "; re-initialised for " + listed(fresh);
}

// The list of classes in a checkpoint of this program; empty for other files.
std::string stored_classes(const engine::TensorFile& file) {
  const auto* ours = dynamic_cast<const engine::SafetensorsFile*>(&file);
  if (!ours) return {};
  const auto found = ours->metadata().find("classes");
  return found == ours->metadata().end() ? std::string() : found->second;
}

}  // namespace

std::vector<std::string> take_initial_weights(const std::string& path, const ClassList& classes,
                                              engine::Backend& backend,
                                              engine::Parameters& parameters) {
  const std::unique_ptr<engine::TensorFile> opened = engine::open_weights(path);
  const engine::TensorFile& file = *opened;
  const std::string stored = stored_classes(file);
  if (stored.empty()) {
    const model::ImportReport report = model::import_weights(backend, file, parameters);
    std::vector<std::string> remarks{report.in_words()};
    const auto& loaded = report.loaded;
    if (std::find(loaded.begin(), loaded.end(), "heads/class_predictor/kernel") != loaded.end())
      remarks.push_back(
          "warning: the file names no classes: rows of the class predictor are taken by position");
    return remarks;
  }
  const ClassList there = ClassList::from_json(stored, path);
  if (same_columns(classes, there))
    return {model::import_weights(backend, file, parameters).in_words()};
  const model::ClassColumns columns = columns_by_name(classes, there);
  const model::ImportReport report = model::import_weights(backend, file, parameters, &columns);
  std::vector<std::string> remarks{report.in_words()};
  if (report.class_rows) remarks.push_back(rows_in_words(classes, there, columns));
  return remarks;
}

}  // namespace run
