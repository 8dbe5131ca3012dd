// Operands for trial runs of convolution plans.
#pragma once
#include <memory>
#include <vector>

#include "engine/backend.h"
#include "engine/conv/operands.h"

namespace engine {

class TrialOperands {
 public:
  // In device memory; Error(resources) where it does not suffice.
  TrialOperands(Backend&, const ConvShape&);

  // What is read holds random numbers, the same for equal shapes; a mask's saved output is closed
  // at both ends in places. What is only written holds NaN.
  void reset();
  const ConvArgs& args() const { return args_; }

  // Of what was written, the largest difference to the other operands' (of the same shape),
  // relative to the largest value of each; infinite where something is not finite.
  double distance(const TrialOperands& expected) const;

 private:
  double largest(const ConvOperand&) const;
  double distance(const View& a, const View& b) const;

  Backend& backend_;
  ConvShape shape_;
  kernels::Queue queue_;
  std::vector<ConvOperand> operands_;
  std::vector<std::unique_ptr<Memory>> memory_;
  ConvArgs args_;
};

// How far a plan's results may lie from those of its parts run one by one, as a distance: four
// roundings to the dtype (or, in TF32, of the factors) instead of one, and another order of sums.
double trial_limit(const ConvShape&);

}  // namespace engine
