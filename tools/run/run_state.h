// The state that a run needs, besides its tensors, to go on as if it had not stopped; and its text
// in checkpoints.
#pragma once
#include <string>

#include "data/fingerprint.h"
#include "data/loading/batch.h"
#include "engine/optimizer.h"
#include "tools/run/milestones.h"

namespace run {

struct RunState {
  int64_t step = 0;         // updates so far, with those that were skipped (see optimizer.step)
  int64_t total_steps = 0;  // of the run; 0 if unknown, in files of earlier versions
  engine::OptimizerState optimizer;
  data::Cursor cursor;  // of the next batch
  BestEvaluation best;
  bool evaluation_due = false;  // it was stopped after this step, and comes first when resuming
  int threads = 0;              // of the CPU; results have the same bits only with the same number
  data::Fingerprint train, val;
};

std::string to_json(const RunState&);

// Reads the text. Throws Error(checkpoint), one line that begins with `source`, if it is not JSON,
// if an entry is missing or has another type, or if no run can have one of the numbers.
RunState run_state_from_json(const std::string& text, const std::string& source);

}  // namespace run
