// Operands of random numbers, on which convolution plans are checked and timed.
#pragma once
#include <memory>
#include <vector>

#include "engine/backend.h"
#include "engine/conv/operands.h"

namespace engine {

class SampleOperands {
 public:
  // Allocates device memory; throws Error(resources) if it does not suffice.
  SampleOperands(Backend&, const ConvShape&);

  // Fills every operand that is read with random numbers, the same for equal shapes, and every
  // operand that is only written with NaN. The saved output of a mask holds values at which the
  // slope of the activation is 0, at both ends, and others.
  void reset();
  const ConvArgs& args() const { return args_; }

  // The largest difference between a written operand and its counterpart in `expected`, which has
  // the same shape, relative to the largest value of the counterpart. Infinite if a value is not
  // finite.
  double distance(const SampleOperands& expected) const;

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

// The largest distance() at which a plan's results count as those of its parts run one by one. It
// allows for four roundings to the dtype (in TF32: of the factors) instead of one, and for another
// order of the sums.
double result_tolerance(const ConvShape&);

}  // namespace engine
