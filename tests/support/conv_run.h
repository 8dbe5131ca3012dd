// One convolution plan, run on random operands.
#pragma once
#include <map>

#include "engine/conv_operands.h"
#include "tests/support/op_case.h"

namespace tests {

// The values of each view that a shape uses, in the order of engine::conv_operands.
using OperandValues = std::vector<Values>;

class ConvRun {
 public:
  explicit ConvRun(const engine::ConvShape&, unsigned seed = 7);

  // All operands afterwards. What the plan may not read holds NaN before, workspace included.
  OperandValues run(engine::ConvPlan&);
  // Values that run() puts into an operand; random until set.
  Values& input(View engine::ConvArgs::*);
  size_t index(View engine::ConvArgs::*) const;

 private:
  engine::ConvShape shape_;
  std::vector<engine::ConvOperand> operands_;
  Bench bench_{size_t(256) << 20};
  OperandValues inputs_;
};

}  // namespace tests
