// Decides what is due after which step of a run, and whether the run still improves. Others act on
// the decisions.
#pragma once
#include <cstdint>

namespace run {

// The best evaluation so far, by the metric of train.early_stopping.metric.
struct BestEvaluation {
  double metric = -1;
  int64_t step = 0;  // 0 if there is none yet
  int evaluations_without_gain = 0;
  friend bool operator==(const BestEvaluation&, const BestEvaluation&) = default;
};

struct MilestoneOptions {
  int64_t total_steps = 0;
  bool evaluates = false;      // whether there is something to evaluate on
  int64_t evaluate_every = 0;  // steps; if 0, only at the end
  int64_t save_every = 0;      // steps; if 0, at each evaluation and at the end
  int patience = 0;     // evaluations without a gain, after which the run ends; if 0, it does not
  double min_gain = 0;  // by which an evaluation must exceed the best, to be a gain
};

enum class Verdict {
  unmeasured,  // the metric has no value, so this counts neither as a gain nor as the lack of one
  better,      // the best so far
  no_better,
};

class Milestones {
 public:
  explicit Milestones(const MilestoneOptions& options, BestEvaluation best = {})
      : options_(options), best_(best) {}

  // These are asked about the latest step. done() is also asked before the first step of a resumed
  // run.
  bool done(int64_t step) const { return step >= options_.total_steps || stopped_early(); }
  bool evaluation_due(int64_t step) const;
  bool save_due(int64_t step) const;

  // Takes the metric of an evaluation after `step`. A metric that is negative or not finite has no
  // value. COCO's is -1 if there is nothing to find.
  Verdict evaluated(int64_t step, double metric);
  bool stopped_early() const;

  int64_t total_steps() const { return options_.total_steps; }
  const BestEvaluation& best() const { return best_; }

 private:
  MilestoneOptions options_;
  BestEvaluation best_;
};

}  // namespace run
