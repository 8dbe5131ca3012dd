#include "engine/conv/operands.h"

namespace engine {

std::vector<ConvOperand> conv_operands(const ConvShape& s) {
  const DType sums = accumulator(s.dtype);
  const bool dx = s.pass == ConvPass::grad_input, dw = s.pass == ConvPass::grad_weight;
  const bool y = s.pass == ConvPass::forward;
  const DType weight = dw && !s.narrow_dw ? sums : s.dtype;
  const Shape out{1, {s.out_channels}}, in{1, {s.in_channels}};
  std::vector<ConvOperand> all{
      {&ConvArgs::x, s.x_shape(), s.dtype, !dx || s.accumulate, dx},
      {&ConvArgs::weight, s.weight_shape(), weight, !dw || s.accumulate, dw},
      {&ConvArgs::y, s.y_shape(), s.dtype, !y, y}};
  if (s.bias) all.push_back({&ConvArgs::bias, out, sums, true, false});
  if (s.residual) all.push_back({&ConvArgs::residual, s.y_shape(), s.dtype, true, false});
  if (s.statistics) {
    all.push_back({&ConvArgs::sum, out, sums, false, true});
    all.push_back({&ConvArgs::sum_of_squares, out, sums, false, true});
  }
  if (s.mask != Activation::none)
    all.push_back({&ConvArgs::saved, s.x_shape(), s.dtype, true, false});
  if (s.channel_grads == ChannelGrads::batch_norm) {
    all.push_back({&ConvArgs::normalised_x, s.x_shape(), s.dtype, true, false});
    all.push_back({&ConvArgs::mean, in, sums, true, false});
    all.push_back({&ConvArgs::inv_std, in, sums, true, false});
  }
  if (s.channel_grads != ChannelGrads::none)
    all.push_back({&ConvArgs::dbeta, in, sums, false, true});
  if (s.channel_grads == ChannelGrads::batch_norm)
    all.push_back({&ConvArgs::dgamma, in, sums, false, true});
  return all;
}

}  // namespace engine
