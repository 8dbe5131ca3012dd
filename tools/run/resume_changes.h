// How a run that goes on differs from the checkpoint that it goes on from.
#pragma once
#include <string>
#include <vector>

#include "tools/run/model_file.h"

namespace run {

// Error(checkpoint) names the keys of `config` that describe another model than the checkpoint's.
void refuse_other_model(const ModelFile& saved, const config::RunConfig& config);

// A run that is about to go on.
struct ResumedAs {
  const config::RunConfig& config;
  const RunState& state;  // with the fingerprints of its data, of now
  int64_t total_steps;
  int64_t train_images;
};

// One line for each thing that changed: keys with old and new value, the learning rate where it
// leaves the schedule of before, the data, the number of CPU threads. Empty: nothing did.
std::vector<std::string> changes_since(const ModelFile& saved, const ResumedAs& now);

}  // namespace run
