#include "tools/run/initial_weights.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "engine/base/error.h"
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
      fresh.push_back(c.name);
  std::string text = "the file has other classes, or another order of them: ";
  if (taken.empty())
    return text +
           "it has none of this run's classes, so all rows of the class predictor are "
           "re-initialised, for " +
           listed_with_likely(fresh, there);
  text += "rows of the class predictor are taken by name for " + listed(taken);
  return fresh.empty() ? text : text + "; re-initialised for " + listed_with_likely(fresh, there);
}

// A text that a checkpoint of this program has in its metadata; empty for other files.
std::string stored_text(const engine::TensorFile& file, const char* key) {
  const auto* ours = dynamic_cast<const engine::SafetensorsFile*>(&file);
  if (!ours) return {};
  const auto found = ours->metadata().find(key);
  return found == ours->metadata().end() ? std::string() : found->second;
}

// Weights of another model may have the same names. Then hardly anything is loaded.
void add_misfit(const model::ImportReport& report, std::vector<std::string>& remarks) {
  if (report.other_shape.size() > report.loaded.size())
    remarks.push_back(
        "warning: most tensors have another shape in the file, so that the model starts from "
        "almost random weights: set model.backbone_width and the other keys of the model to those "
        "of the file's model");
}

// Keys that leave every shape as it is, and change what the weights mean.
struct Meaning {
  const char* what;
  std::set<std::string> keys;
  const char* weight;  // told only if this was loaded; null: always
};
const Meaning kMeanings[] = {
    {"for another network",
     {"model.stride_placement", "model.backbone_activation", "model.pool_padding",
      "model.batch_norm.backbone_epsilon", "model.batch_norm.epsilon"},
     nullptr},
    {"for other anchors",
     {"model.anchors.scale", "model.anchors.scales_per_octave", "model.anchors.aspect_ratios"},
     "heads/box_predictor/kernel"},
    {"for other values of the pixels", {"data.mean", "data.std"}, nullptr},
    {"on pictures in another frame", {"data.exif"}, nullptr},
};

// One line for each kind of keys in which the file's run differs from this one.
void add_meanings(const std::string& stored, const std::string& path,
                  const config::RunConfig& config, const std::vector<std::string>& loaded,
                  std::vector<std::string>& remarks) {
  if (stored.empty()) return;
  std::vector<config::ChangedKey> changed;
  try {
    changed = config::changed_keys(config::parse_run_config(stored, path), config);
  } catch (const base::Error&) {  // of another version, whose keys are not known
    remarks.push_back("note: the file's configuration cannot be read, and was not compared");
    return;
  }
  for (const Meaning& meaning : kMeanings) {
    if (meaning.weight && std::ranges::count(loaded, meaning.weight) == 0) continue;
    std::string keys;
    for (const config::ChangedKey& key : changed)
      if (meaning.keys.contains(key.path))
        keys += (keys.empty() ? "" : ", ") + config::in_words(key);
    if (!keys.empty())
      remarks.push_back(base::concatenate("note: the file's weights were trained ", meaning.what,
                                          ": ", keys,
                                          "; training has to make up for that, unless you set "
                                          "the file's values"));
  }
}

}  // namespace

std::vector<std::string> take_initial_weights(const std::string& path,
                                              const config::RunConfig& config,
                                              const ClassList& classes, engine::Backend& backend,
                                              engine::Parameters& parameters) {
  const std::unique_ptr<engine::TensorFile> opened = engine::open_weights(path);
  const engine::TensorFile& file = *opened;
  const std::string stored = stored_text(file, "classes");
  if (stored.empty()) {
    const model::ImportReport report = model::import_weights(backend, file, parameters);
    std::vector<std::string> remarks{report.in_words()};
    add_misfit(report, remarks);
    if (std::ranges::count(report.loaded, "heads/class_predictor/kernel") > 0)
      remarks.push_back(
          "warning: the file names no classes: rows of the class predictor are taken by position");
    return remarks;
  }
  const ClassList there = ClassList::from_json(stored, path);
  const bool same = same_columns(classes, there);
  const model::ClassColumns columns = columns_by_name(classes, there);
  const model::ImportReport report =
      model::import_weights(backend, file, parameters, same ? nullptr : &columns);
  std::vector<std::string> remarks{report.in_words()};
  add_misfit(report, remarks);
  if (report.class_rows) remarks.push_back(rows_in_words(classes, there, columns));
  add_meanings(stored_text(file, "config"), path, config, report.loaded, remarks);
  return remarks;
}

}  // namespace run
