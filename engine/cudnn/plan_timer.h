// Checks and times plans on sample operands, before one of them is chosen.
#pragma once
#include <optional>

#include "engine/conv/sample_operands.h"

namespace engine {

class CudnnPlanTimer {
 public:
  // Allocates the operands in device memory; Error(resources) if it does not suffice.
  CudnnPlanTimer(Backend&, const ConvShape&);

  // Runs `trusted` and keeps its results. From now on a plan with other results (see
  // result_tolerance) is refused as if it did not run. False if `trusted` itself did not run.
  bool expect_results_of(ConvPlan& trusted);
  // False if cuDNN refuses to run the plan, its workspace cannot be had, or its results are wrong.
  bool runs(ConvPlan& plan) { return run(plan, 0).has_value(); }
  // The shortest time of several runs after a first one, in milliseconds. Nothing if !runs(plan).
  std::optional<float> time(ConvPlan&);
  // A workspace could not be had: with more free memory the answers might have been others.
  bool lacked_memory() const { return lacked_memory_; }
  // SampleOperands::distance of the latest plan that was refused for wrong results; 0 if none was.
  double wrong_by() const { return wrong_by_; }

 private:
  std::optional<float> run(ConvPlan&, int timed_runs);
  bool as_expected();
  float fastest_of(ConvPlan&, const ConvArgs&, int runs);

  Backend& backend_;
  ConvShape shape_;
  kernels::Queue queue_;
  SampleOperands operands_;
  std::unique_ptr<SampleOperands> expected_;  // of the trusted plan; null: any result is accepted
  bool lacked_memory_ = false;
  double wrong_by_ = 0;
};

}  // namespace engine
