// Finds out how a resumed run differs from its checkpoint.
#pragma once
#include <string>
#include <vector>

#include "tools/run/milestones.h"
#include "tools/run/model_file.h"

namespace run {

// Throws Error(checkpoint), with the keys, if `config` describes another model than the checkpoint
// has.
void refuse_other_model(const ModelFile& saved, const config::RunConfig& config);

// The state from which a run goes on: that of the checkpoint, if there is one. A best evaluation on
// other validation data than `val` is left out, because the next ones cannot be compared with it.
RunState resumed_state(const ModelFile* saved, const data::Fingerprint& val);

// Lines about what differs between an evaluation with `config` and the checkpoint's training: keys
// that change what the model sees, and keys of the model, which have no effect.
std::vector<std::string> evaluated_otherwise(const ModelFile& saved, const config::RunConfig&);

// A run that is about to be resumed.
struct ResumedAs {
  const config::RunConfig& config;
  const RunState& state;  // with the fingerprints of the data as it is now
  int64_t total_steps;
  int64_t train_images;
};

// One line for each change: keys with their old and new values, the learning rate if it leaves the
// old schedule, the data, the number of CPU threads.
std::vector<std::string> changes_since(const ModelFile& saved, const ResumedAs& now);

// Says that a resumed run goes on from `step`. If it has no step left, says so, and which key to
// raise.
std::string start_in_words(const Milestones&, const config::TrainConfig&, int64_t step);

}  // namespace run
