// Runs of a plan before it is chosen, on operands of its own.
#pragma once
#include <optional>

#include "engine/conv/trial_operands.h"

namespace engine {

class CudnnTrial {
 public:
  // Operands in device memory; Error(resources) where it does not suffice.
  CudnnTrial(Backend&, const ConvShape&);

  // From now on a plan whose results are not those of this one is refused, as if it did not run.
  void expect_results_of(ConvPlan& trusted);
  // False where cuDNN refuses to run the plan, its workspace cannot be had, or it is wrong.
  bool runs(ConvPlan& plan) { return attempt(plan, 0).has_value(); }
  // Milliseconds of the fastest of some runs after a first one; nothing where runs() is false.
  std::optional<float> time(ConvPlan&);
  // A workspace could not be had: with more free memory the answers might have been others.
  bool lacked_memory() const { return lacked_memory_; }
  // Distance to the expected results of the latest plan that was refused for them; 0: none was.
  double wrong_by() const { return wrong_by_; }

 private:
  std::optional<float> attempt(ConvPlan&, int timed_runs);
  bool as_expected();
  float fastest_of(ConvPlan&, const ConvArgs&, int runs);

  Backend& backend_;
  ConvShape shape_;
  kernels::Queue queue_;
  TrialOperands operands_;
  std::unique_ptr<TrialOperands> expected_;  // after the trusted plan; null: any result will do
  bool lacked_memory_ = false;
  double wrong_by_ = 0;
};

}  // namespace engine
