// Finds keys that the user has set, and that change nothing because of other keys.
#pragma once
#include <string>
#include <vector>

#include "engine/backend.h"
#include "tools/config/run_config.h"

namespace config {

// Counts the GPUs that can be used. Called only if it matters, because it may take a moment.
using Gpus = int (*)();

// One line for each reason: the keys, where they are set, and why they have no effect in a training
// with this configuration. Keys that have their defaults are left out.
std::vector<std::string> idle_in_training(const RunConfig&, Gpus gpus = engine::cuda_devices);

// The same for an evaluation that reads its data from `data.val`, or from elsewhere. Only keys on
// the command line are told: configurations are for trainings, too.
std::vector<std::string> idle_in_evaluation(const RunConfig&, bool reads_val);

}  // namespace config
