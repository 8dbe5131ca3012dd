// One convolution plan, run on random operands.
#pragma once
#include <string>
#include <vector>

#include "engine/conv/operands.h"
#include "tests/support/engine/op_case.h"

namespace tests {

// The values of each view that a shape uses, in the order of engine::conv_operands.
using OperandValues = std::vector<Values>;

class ConvRun {
 public:
  // Operands depend on the shape and the seed alone. At half of a mask's saved outputs the slope of
  // the activation is 0, at either end.
  explicit ConvRun(const engine::ConvShape&, const std::string& device = "cpu", unsigned seed = 7);

  // All operands afterwards. What the plan may not read holds NaN before, workspace included.
  OperandValues run(engine::ConvPlan&);
  // Values that run() puts into an operand; random until set.
  Values& input(View engine::ConvArgs::*);
  size_t index(View engine::ConvArgs::*) const;
  engine::Backend& backend() { return *bench_.backend; }

 private:
  engine::ConvShape shape_;
  std::vector<engine::ConvOperand> operands_;
  Bench bench_;
  OperandValues inputs_;
};

// A 3x3 convolution of two images with stride 2 and uneven padding.
engine::ConvShape strided_conv(engine::DType, engine::ConvPass, int height, int width, int in,
                               int out);

// How far two good ways to compute a convolution of this dtype may be apart, in fractions of the
// largest value, if each rounds its result once.
double rounding_limit(engine::DType);

// The shape with every combination of fusions of its pass.
std::vector<engine::ConvShape> fused(const engine::ConvShape&);

}  // namespace tests
