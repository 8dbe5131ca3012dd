// Runs of a plan before it is chosen, on operands of its own.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "engine/backend.h"
#include "engine/conv_operands.h"

namespace engine {

class CudnnTrial {
 public:
  // Operands in device memory; Error(resources) where it does not suffice.
  CudnnTrial(Backend&, const ConvShape&);

  // False where cuDNN refuses to run the plan, or its workspace cannot be had.
  bool runs(ConvPlan& plan) { return attempt(plan, 0).has_value(); }
  // Milliseconds of the fastest of some runs after a first one; nothing where runs() is false.
  std::optional<float> time(ConvPlan&);
  // A workspace could not be had: with more free memory the answers might have been others.
  bool lacked_memory() const { return lacked_memory_; }

 private:
  std::optional<float> attempt(ConvPlan&, int timed_runs);
  float fastest_of(ConvPlan&, int runs);

  Backend& backend_;
  kernels::Queue queue_;
  std::vector<std::unique_ptr<Memory>> memory_;
  ConvArgs args_;
  bool lacked_memory_ = false;
};

}  // namespace engine
