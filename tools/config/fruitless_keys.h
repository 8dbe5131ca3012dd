// Finds values with which a training or an evaluation cannot give what it is for.
#pragma once
#include <string>
#include <vector>

#include "tools/config/run_config.h"

namespace config {

// A line for each such value: the key, its value, and what follows from it. They are allowed all
// the same, since a step that changes nothing has its uses.
std::vector<std::string> fruitless_in_training(const RunConfig&);
std::vector<std::string> fruitless_in_evaluation(const RunConfig&);

}  // namespace config
