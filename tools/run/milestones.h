// What is due after which step of a run, and whether it still improves. Decides; does nothing.
#pragma once
#include <cstdint>

namespace run {

// The best evaluation so far, by the metric of train.early_stopping.metric.
struct BestEvaluation {
  double metric = -1;
  int64_t step = 0;  // 0: none yet
  int evaluations_without_gain = 0;
  friend bool operator==(const BestEvaluation&, const BestEvaluation&) = default;
};

struct MilestoneOptions {
  int64_t total_steps = 0;
  bool evaluates = false;      // there is something to evaluate on
  int64_t evaluate_every = 0;  // steps; 0: at the end only
  int64_t save_every = 0;      // steps; 0: at each evaluation and at the end
  int patience = 0;            // evaluations without a gain that end the run; 0: never
  double min_gain = 0;
};

enum class Verdict {
  unmeasured,  // the metric has no value: neither a gain nor the lack of one
  better,      // the best so far
  no_better,
};

class Milestones {
 public:
  explicit Milestones(const MilestoneOptions& options, BestEvaluation best = {})
      : options_(options), best_(best) {}

  // Of the step that was just taken; done() also before the first, when a run goes on.
  bool done(int64_t step) const { return step >= options_.total_steps || stopped_early(); }
  bool evaluation_due(int64_t step) const;
  bool save_due(int64_t step) const;

  // Takes the metric of an evaluation after `step`. A metric that is negative (COCO's -1: nothing
  // to find) or not finite has no value.
  Verdict evaluated(int64_t step, double metric);
  bool stopped_early() const;

  int64_t total_steps() const { return options_.total_steps; }
  const BestEvaluation& best() const { return best_; }

 private:
  MilestoneOptions options_;
  BestEvaluation best_;
};

}  // namespace run
