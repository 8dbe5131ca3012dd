// The annotations of a TrainingPlace, to be changed.
#pragma once
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/tools/training_run.h"

namespace tests {

// "train" or "val".
inline nlohmann::json annotations_of(const TrainingPlace& place, const std::string& part) {
  return nlohmann::json::parse(text_of(place.at("data/annotations/instances_" + part + ".json")));
}

// Writes `annotations` into the place as NAME.json, and returns the overrides that use them for
// `part`.
inline std::string use_annotations(const TrainingPlace& place, const std::string& part,
                                   const std::string& name, const nlohmann::json& annotations) {
  std::ofstream(place.at(name + ".json")) << annotations.dump();
  return " data." + part + ".annotations=" + name + ".json ";
}

}  // namespace tests
