// What ranks tell each other before every batch: who has been asked to stop, who cannot go on, how
// long their steps take, and whether their weights are still equal. So all stop, or end, at the
// same step.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/collectives/collectives.h"

namespace run {

struct RankNote {
  int stop = 0;          // asked to stop, with the reason in `words`
  int fault = 0;         // exit code of what keeps this rank from its batch; 0: nothing
  double seconds = 0;    // of its own work since the last note
  uint64_t weights = 0;  // their hash; 0: not looked at
  std::string words;
};

class RollCall {
 public:
  explicit RollCall(engine::Collectives* ranks) : ranks_(ranks) {}  // null: alone

  // Why the run should stop, with the rank that was asked to; empty: it goes on.
  // Error(code) of the first rank with a fault. Error(failed) when weights differ.
  std::string call(RankNote mine, int64_t step);

  // "rank 3 on node07 is slow: 0.52 s per batch, the others 0.40 s"; empty: no rank stands out.
  // Forgets the times so far.
  std::string stragglers();
  double mean_seconds(int rank) const;
  // The time until the next call is none of a batch: an evaluation, or a checkpoint.
  void pause() { last_time_ = 0; }

 private:
  double own_seconds();
  void check(const std::vector<RankNote>&, int64_t step) const;
  std::vector<RankNote> exchanged(const RankNote& mine);

  engine::Collectives* ranks_;
  double last_time_ = 0, last_in_calls_ = 0;
  std::vector<double> seconds_;  // by rank, since stragglers()
  int64_t calls_ = 0;
};

// Of all that ranks must have in common: weights and what the optimiser keeps.
uint64_t hash_of(const std::vector<kernels::View>&);

}  // namespace run
