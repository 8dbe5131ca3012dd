// Before every batch, ranks tell each other whether they have been asked to stop, whether they can
// go on, how long their steps take, and which weights they have. So all ranks stop at the same
// step.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/collectives/collectives.h"
#include "tools/run/device.h"

namespace run {

struct RankNote {
  int stop = 0;          // not 0 if asked to stop; `words` has the reason
  int fault = 0;         // the exit code if this rank cannot go on, else 0
  double seconds = 0;    // spent on its own work since the last note
  uint64_t weights = 0;  // their hash; 0 if it was not computed
  std::string words;
};

class RollCall {
 public:
  explicit RollCall(engine::Collectives* ranks) : ranks_(ranks) {}  // null: alone

  // Returns why the run should stop and which rank was asked to, or nothing if it goes on. Throws
  // Error(code) of the first rank with a fault, and Error(failed) if weights differ.
  std::string call(RankNote mine, int64_t step);

  // Returns lines for the log: how long each rank has worked per batch since the last call, without
  // its waits for other ranks, and a warning if one is slow over several batches. Returns none if
  // there are no other ranks.
  std::vector<std::string> own_times_in_words();
  // Leaves the time until the next call out, because an evaluation or a checkpoint follows.
  void pause() { last_time_ = 0; }

 private:
  double own_seconds();
  void check(const std::vector<RankNote>&, int64_t step) const;
  std::vector<RankNote> exchanged(const RankNote& mine);
  std::vector<double> own_times();

  engine::Collectives* ranks_;
  double last_time_ = 0, last_in_calls_ = 0;
  std::vector<double> seconds_;  // by rank, since own_times_in_words()
  int64_t calls_ = 0;
  bool first_interval_ = true;  // it is not judged, since its first step prepares plans and memory
};

// The seconds of each rank: "own work per batch of ranks 0 to 2: 0.4, 0.41, 0.52 s"; of many ranks,
// the least, the median and the largest time. `names`: as rank_in_words().
std::string own_times_in_words(const std::vector<double>& seconds,
                               const std::vector<std::string>& names);
// "rank 2 on node07 is slow: 0.52 s per batch, the median rank 0.41 s" (of two ranks, "the other
// one 0.41 s"), or nothing if no rank stands out.
std::string stragglers_in_words(const std::vector<double>& seconds,
                                const std::vector<std::string>& names);

// Waits until this rank's queued work, and so the step, is finished, and then until all ranks have
// said the same. Afterwards the weights are those of the step, whichever rank dies. Throws
// Error(resources) if a rank has not finished it.
void confirm_step(engine::Collectives&, Device&, int64_t step);

// Returns a hash of what all ranks must have in common: the weights and the optimiser's state.
// Waits for the device.
uint64_t hash_of(const std::vector<kernels::View>&, Device&);

}  // namespace run
