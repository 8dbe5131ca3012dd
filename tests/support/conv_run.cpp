#include "tests/support/conv_run.h"

#include <algorithm>
#include <stdexcept>

namespace tests {

using engine::ConvArgs, engine::ConvOperand;

ConvRun::ConvRun(const engine::ConvShape& shape, unsigned seed)
    : shape_(shape), operands_(engine::conv_operands(shape)) {
  std::mt19937 random(seed);
  for (const ConvOperand& o : operands_)
    inputs_.push_back(uniform(random, size_t(o.shape.size()), -1, 1));
}

size_t ConvRun::index(View ConvArgs::*view) const {
  for (size_t i = 0; i < operands_.size(); ++i)
    if (operands_[i].view == view) return i;
  throw std::logic_error("the shape has no such operand");
}

Values& ConvRun::input(View ConvArgs::*view) { return inputs_[index(view)]; }

OperandValues ConvRun::run(engine::ConvPlan& plan) {
  ConvArgs args;
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < operands_.size(); ++i) {
    const ConvOperand& o = operands_[i];
    tensors.push_back(bench_.context().empty(o.shape, o.dtype));
    if (o.read)
      write(tensors[i], inputs_[i]);
    else
      std::fill_n(View(tensors[i]).as<uint8_t>(), bytes_of(tensors[i]), uint8_t(0xff));
    args.*o.view = tensors[i];
  }
  Tensor workspace = bench_.context().empty({1, {int64_t(plan.workspace())}}, DType::u8);
  std::fill_n(View(workspace).as<uint8_t>(), plan.workspace(), uint8_t(0xff));
  args.workspace = View(workspace).data;
  plan.run(bench_.backend->queue(engine::Lane::compute), args);
  OperandValues values;
  for (const Tensor& t : tensors) values.push_back(read(t));
  return values;
}

}  // namespace tests
