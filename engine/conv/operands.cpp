#include "engine/conv/operands.h"

namespace engine {

namespace {

using Operands = std::vector<ConvOperand>;

void add_forward(const ConvShape& s, Operands& all) {
  const DType sums = accumulator(s.dtype);
  const Shape channels{1, {s.out_channels}};
  if (s.forward.bias) all.push_back({&ConvArgs::bias, channels, sums, true, false});
  if (s.forward.residual) all.push_back({&ConvArgs::residual, s.y_shape(), s.dtype, true, false});
  if (!s.forward.statistics) return;
  all.push_back({&ConvArgs::sum, channels, sums, false, true});
  all.push_back({&ConvArgs::sum_of_squares, channels, sums, false, true});
}

void add_grad_input(const ConvShape& s, Operands& all) {
  const DType sums = accumulator(s.dtype);
  const Shape channels{1, {s.in_channels}};
  const ChannelGrads grads = s.grad_input.channel_grads;
  const bool batch_norm = grads == ChannelGrads::batch_norm;
  if (s.grad_input.mask != Activation::none)
    all.push_back({&ConvArgs::saved, s.x_shape(), s.dtype, true, false});
  if (batch_norm) {
    all.push_back({&ConvArgs::normalised_x, s.x_shape(), s.dtype, true, false});
    all.push_back({&ConvArgs::mean, channels, sums, true, false});
    all.push_back({&ConvArgs::inv_std, channels, sums, true, false});
  }
  if (grads != ChannelGrads::none) all.push_back({&ConvArgs::dbeta, channels, sums, false, true});
  if (batch_norm) all.push_back({&ConvArgs::dgamma, channels, sums, false, true});
}

}  // namespace

std::vector<ConvOperand> conv_operands(const ConvShape& s) {
  const bool dx = s.pass == ConvPass::grad_input, dw = s.pass == ConvPass::grad_weight;
  const bool y = s.pass == ConvPass::forward;
  const DType weight = dw && !s.grad_weight.narrow_dw ? accumulator(s.dtype) : s.dtype;
  Operands all{{&ConvArgs::x, s.x_shape(), s.dtype, !dx || s.grad_input.accumulate, dx},
               {&ConvArgs::weight, s.weight_shape(), weight, !dw || s.grad_weight.accumulate, dw},
               {&ConvArgs::y, s.y_shape(), s.dtype, !y, y}};
  add_forward(s, all);
  add_grad_input(s, all);
  return all;
}

}  // namespace engine
