// What a run needs besides tensors to go on as if it had not stopped, and its text in checkpoints.
#pragma once
#include <string>

#include "data/fingerprint.h"
#include "data/loading/batch.h"
#include "engine/optimizer.h"
#include "tools/run/milestones.h"

namespace run {

struct RunState {
  int64_t step = 0;         // updates tried; optimizer.step counts those that were applied
  int64_t total_steps = 0;  // of the run; 0: unknown, in files of earlier versions
  engine::OptimizerState optimizer;
  data::Cursor cursor;  // of the batch that comes next
  BestEvaluation best;
  int threads = 0;  // equal bits are promised for an equal number only
  data::Fingerprint train, val;
};

std::string to_json(const RunState&);

// Error(checkpoint), one line that begins with `source`: not JSON, an entry that is missing, of
// another type, or a number that no run can have.
RunState run_state_from_json(const std::string& text, const std::string& source);

}  // namespace run
