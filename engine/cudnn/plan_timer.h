// Checks and times plans on sample operands before one of them is chosen.
#pragma once
#include <optional>
#include <string>

#include "engine/conv/sample_operands.h"

namespace engine {

class CudnnPlanTimer {
 public:
  // Allocates the operands in device memory. Throws Error(resources) if there is too little.
  CudnnPlanTimer(Backend&, const ConvShape&);

  // Runs `trusted` and keeps its results. From now on a plan with other results (see
  // result_tolerance) is refused as if it did not run. False if `trusted` itself did not run.
  bool expect_results_of(ConvPlan& trusted);
  // False if cuDNN refuses to run the plan, its workspace cannot be had, its results are wrong, or
  // it cannot be recorded as a CUDA graph.
  bool runs(ConvPlan& plan) { return run(plan, false).has_value(); }
  // Returns the shortest time of a run, in milliseconds, or nothing if !runs(plan). Small plans run
  // many times in a row, recorded as a step is.
  std::optional<float> time(ConvPlan&);
  // True if a workspace could not be allocated. With more free memory, other plans might have run.
  bool lacked_memory() const { return lacked_memory_; }
  // SampleOperands::distance of the latest plan that was refused for wrong results; 0 if none was.
  double wrong_by() const { return wrong_by_; }
  // Says why the first plan that ran could not be recorded. Empty if all could be.
  const std::string& unrecorded() const { return unrecorded_; }
  // From now on plans need not be recordable.
  void accept_unrecorded() { must_record_ = false; }

 private:
  std::optional<float> run(ConvPlan&, bool timed);
  bool as_expected();
  bool records(ConvPlan&, const ConvArgs&);
  float fastest_of_row(ConvPlan&, const ConvArgs&, int runs);
  float fastest_of(ConvPlan&, const ConvArgs&);

  Backend& backend_;
  ConvShape shape_;
  kernels::Queue queue_;
  SampleOperands operands_;
  std::unique_ptr<SampleOperands> expected_;  // of the trusted plan; null: any result is accepted
  bool lacked_memory_ = false;
  double wrong_by_ = 0;
  bool must_record_ = true;
  std::string unrecorded_;
};

}  // namespace engine
