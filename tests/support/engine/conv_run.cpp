#include "tests/support/engine/conv_run.h"

#include <cmath>
#include <stdexcept>

namespace tests {

using engine::Activation, engine::ChannelGrads, engine::ConvArgs, engine::ConvOperand,
    engine::ConvPass, engine::ConvShape;

ConvRun::ConvRun(const engine::ConvShape& shape, const std::string& device, unsigned seed)
    : shape_(shape), operands_(engine::conv_operands(shape)), bench_(device) {
  std::mt19937 random(seed);
  for (const ConvOperand& o : operands_)
    inputs_.push_back(uniform(random, size_t(o.shape.size()), -1, 1));
  const Activation mask = shape.grad_input.mask;
  if (mask == Activation::none) return;
  for (double& v : input(&ConvArgs::saved))
    v = std::fabs(v) < 0.5 ? 0 : v > 0.8 && mask == Activation::relu6 ? 6 : 3 * std::fabs(v);
}

size_t ConvRun::index(View ConvArgs::*view) const {
  for (size_t i = 0; i < operands_.size(); ++i)
    if (operands_[i].view == view) return i;
  throw std::logic_error("the shape has no such operand");
}

Values& ConvRun::input(View ConvArgs::*view) { return inputs_[index(view)]; }

OperandValues ConvRun::run(engine::ConvPlan& plan) {
  const double nan = std::nan("");
  ConvArgs args;
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < operands_.size(); ++i) {
    const ConvOperand& o = operands_[i];
    tensors.push_back(bench_.context().empty(o.shape, o.dtype));
    write(tensors[i], o.read ? inputs_[i] : Values(inputs_[i].size(), nan));
    args.*o.view = tensors[i];
  }
  const size_t words = plan.workspace() / sizeof(float) + 1;
  Tensor workspace = bench_.context().empty({1, {int64_t(words)}}, DType::f32);
  write(workspace, Values(words, nan));
  args.workspace = View(workspace).data;
  plan.run(bench_.queue(), args);
  OperandValues values;
  for (const Tensor& t : tensors) values.push_back(read(t));
  return values;
}

ConvShape strided_conv(engine::DType dtype, ConvPass pass, int height, int width, int in, int out) {
  return {{.images = 2,
           .height = height,
           .width = width,
           .in_channels = in,
           .out_channels = out,
           .kernel = 3,
           .stride = 2,
           .pad = {1, 0, 1, 1}},
          pass,
          dtype};
}

double rounding_limit(engine::DType dtype) {
  switch (dtype) {
    case engine::DType::f64:
      return 1e-12;
    case engine::DType::f32:
      return 1e-5;
    case engine::DType::bf16:
      return 1e-2;
    default:
      return 2e-3;
  }
}

std::vector<engine::ConvShape> fused(const engine::ConvShape& s) {
  std::vector<ConvShape> all;
  for (int bits = 0; bits < 6; ++bits)
    for (Activation a : {Activation::none, Activation::relu, Activation::relu6}) {
      ConvShape t = s;
      if (s.pass == ConvPass::forward) {
        const bool statistics = bits == 4 && a == Activation::none;
        t.forward = {bool(bits & 1), bool(bits & 2), a, statistics};
        if (bits > 4 || (bits == 4 && a != Activation::none)) continue;
      } else if (s.pass == ConvPass::grad_input) {
        t.grad_input = {bool(bits & 1), a, ChannelGrads(bits / 2)};
        if (bits > 1 && a == Activation::none) continue;
      } else {
        t.grad_weight = {bool(bits & 1), bool(bits & 2)};
        if (bits > 3 || a != Activation::none) continue;
      }
      all.push_back(t);
    }
  return all;
}

}  // namespace tests
