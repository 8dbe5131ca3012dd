#include "engine/ops/conv_passes.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/ops/activation.h"
#include "engine/ops/channel_gradients.h"

namespace engine {
namespace {

void check_operands(const Tensor& x, const Tensor& weight, const ConvOptions& o) {
  SSD_CHECK(x.shape().rank == 4 && weight.shape().rank == 4,
            "conv: x is [images, height, width, in], weight is [out, kernel, kernel, in]");
  const Shape &in = x.shape(), &filter = weight.shape();
  SSD_CHECK(filter[1] == filter[2], "conv: weight of ", filter[1], "x", filter[2],
            " is not square");
  SSD_CHECK(filter[3] == in[3], "conv: x has ", in[3], " channels, weight takes ", filter[3]);
  SSD_CHECK(weight.dtype() == x.dtype(), "conv: x and weight have different dtypes");
  SSD_CHECK(o.stride > 0, "conv: stride ", o.stride);
  SSD_CHECK(std::min({o.pad.top, o.pad.left, o.pad.bottom, o.pad.right}) >= 0,
            "conv: negative padding");
  SSD_CHECK(in[1] + o.pad.top + o.pad.bottom >= filter[1] &&
                in[2] + o.pad.left + o.pad.right >= filter[1],
            "conv: an image of ", in[1], "x", in[2], " is smaller than the kernel, ", filter[1]);
}

void check_fusions(const ConvShape& s, const Tensor& bias, const Tensor& residual) {
  if (bias)
    SSD_CHECK(bias.shape() == (Shape{1, {s.out_channels}}) && bias.dtype() == accumulator(s.dtype),
              "conv: expected a bias of [", s.out_channels, "] in the accumulator's dtype");
  if (residual)
    SSD_CHECK(residual.shape() == s.y_shape() && residual.dtype() == s.dtype,
              "conv: residual differs from y in shape or dtype");
}

// Marks the target as fused. If its sum has a wider dtype, as the gradient of a parameter may have,
// nothing is fused, and the tape adds the gradient.
void fuse(InputTarget& target, DType dtype) {
  if (target.sum && target.sum.dtype() != dtype) target = {};
  target.fused = true;
}

Tensor grad_weight(const Context& c, const ConvSaved& s, const Tensor& dy, InputTarget& target) {
  ConvShape shape = unfused(s.forward, ConvPass::grad_weight);
  const DType dtype = accumulator(shape.dtype);
  fuse(target, dtype);
  shape.grad_weight.accumulate = bool(target.sum);
  if (dtype != shape.dtype) shape.grad_weight.narrowing = c.narrowing;
  Tensor dw = target.sum ? target.sum : c.empty(shape.weight_shape(), dtype);
  run_conv(c, c.plans.at(shape), {.x = s.x, .weight = dw, .y = dy});
  return dw;
}

Tensor grad_input(const Context& c, const ConvSaved& s, const Tensor& dy, InputTarget& target) {
  ConvShape shape = unfused(s.forward, ConvPass::grad_input);
  const Shape channels{1, {shape.in_channels}};
  const DType sums = accumulator(shape.dtype);
  fuse(target, shape.dtype);
  const ChannelGrads grads =
      target.mask == Activation::none ? ChannelGrads::none : target.wanted.kind;
  shape.grad_input = {bool(target.sum), target.mask, grads};
  if (grads != ChannelGrads::none) target.dbeta = c.empty(channels, sums);
  if (grads == ChannelGrads::batch_norm) target.dgamma = c.empty(channels, sums);
  Tensor dx = target.sum ? target.sum : c.empty(shape.x_shape(), shape.dtype);
  run_conv(c, c.plans.at(shape),
           {.x = dx,
            .weight = s.weight,
            .y = dy,
            .saved = target.saved,
            .normalised_x = target.wanted.x,
            .mean = target.wanted.mean,
            .inv_std = target.wanted.inv_std,
            .dbeta = target.dbeta,
            .dgamma = target.dgamma});
  return dx;
}

}  // namespace

ConvShape conv_shape(const Context& c, const ConvOperands& in, const ConvOptions& o) {
  check_operands(in.x, in.weight, o);
  const Shape &x = in.x.shape(), &filter = in.weight.shape();
  ConvShape shape{
      {.images = int(x[0]),
       .height = int(x[1]),
       .width = int(x[2]),
       .in_channels = int(x[3]),
       .out_channels = int(filter[0]),
       .kernel = int(filter[1]),
       .stride = o.stride,
       .pad = o.pad},
      ConvPass::forward,
      in.x.dtype(),
      c.exact_f32,
      {.bias = bool(in.bias), .residual = bool(in.residual), .activation = o.activation}};
  check_fusions(shape, in.bias, in.residual);
  return shape;
}

void run_conv(const Context& c, ConvPlan& plan, ConvArgs args) {
  Tensor workspace;
  if (size_t bytes = plan.workspace()) {
    workspace = c.empty({1, {int64_t(bytes)}}, DType::u8);
    args.workspace = View(workspace).data;
  }
  plan.run(c.queue, args);
}

ConvGradients conv_gradients(const Context& c, ConvSaved& s, const OutputGrad& dy,
                             ConvTargets targets) {
  SSD_CHECK(dy.value.dtype() == s.forward.dtype, "conv: dy has another dtype than y");
  ConvGradients grad;
  if (s.bias) grad.bias = channel_gradients(c, dy, {}).dbeta;
  if (s.x) {
    grad.weight = grad_weight(c, s, dy.value, targets.weight);
    s.x = {};  // perhaps the last reader: dx can have its memory
  }
  if (s.weight) grad.x = grad_input(c, s, dy.value, targets.x);
  if (s.residual) grad.residual = dy.value;
  return grad;
}

void record_conv(const Context& c, const Tensors& inputs, const Tensor& y, const ConvSaved& saved,
                 Tape::FusedBackward backward) {
  const Activation activation = saved.forward.forward.activation;
  const Tensor sum = activation == Activation::none ? y : y.with_shape(y.shape());
  c.tape->record(inputs, sum, std::move(backward),
                 {.kind = saved.bias ? ChannelGrads::bias : ChannelGrads::none});
  record_activation(c, sum, y, activation);
}

}  // namespace engine
