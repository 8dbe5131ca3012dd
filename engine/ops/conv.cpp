#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops/conv_passes.h"
#include "engine/trace.h"

namespace engine {
namespace {

void record(const Context& c, const ConvShape& forward, const ConvOperands& in, const Tensor& y) {
  if (!c.tape) return;
  ConvSaved saved{
      .forward = forward, .bias = c.tape->wants(in.bias), .residual = c.tape->wants(in.residual)};
  if (c.tape->wants(in.weight)) saved.x = in.x;
  if (c.tape->wants(in.x)) saved.weight = in.weight;
  record_conv(c, {in.x, in.weight, in.bias, in.residual}, y, saved,
              [saved](const Context& c, const OutputGrad& dy,
                      std::vector<InputTarget>& targets) mutable -> Tensors {
                ConvGradients grad = conv_gradients(c, saved, dy, {targets[0], targets[1]});
                return {grad.x, grad.weight, grad.bias, grad.residual};
              });
}

}  // namespace

Tensor conv(const Context& c, const Tensor& x, const Tensor& weight, const ConvOptions& options,
            const Tensor& bias, const Tensor& residual) {
  Operation operation(c, "conv");
  ConvShape shape = conv_shape(c, {x, weight, bias, residual}, options);
  Tensor y = c.empty(shape.y_shape(), x.dtype());
  run_conv(c, c.plans.at(shape),
           {.x = x,
            .weight = weight,
            .y = y,
            .bias = bias,
            .residual = residual,
            .weight_id = weight.id(),
            .weight_version = c.tape ? 0 : c.weights_version});
  record(c, shape, {x, weight, bias, residual}, y);
  if (c.trace) c.trace->conv(x, weight, bias, residual, options, y);
  return y;
}

Tensor conv_with_sums(const Context& c, const Tensor& x, const Tensor& weight,
                      const ConvOptions& options, ChannelSums& sums) {
  Operation operation(c, "conv_with_sums");
  SSD_CHECK(options.activation == Activation::none, "conv_with_sums: sums are of y before it");
  ConvShape shape = conv_shape(c, {x, weight, {}, {}}, options), summing = shape;
  summing.forward.statistics = true;
  ConvPlan* plan = shape.images ? c.plans.find(summing) : nullptr;
  if (!plan) {
    sums = {};
    return conv(c, x, weight, options);
  }
  Shape channels{1, {shape.out_channels}};
  sums = {c.empty(channels, accumulator(x.dtype())), c.empty(channels, accumulator(x.dtype()))};
  Tensor y = c.empty(shape.y_shape(), x.dtype());
  run_conv(
      c, *plan,
      {.x = x, .weight = weight, .y = y, .sum = sums.sum, .sum_of_squares = sums.sum_of_squares});
  record(c, shape, {x, weight, {}, {}}, y);
  return y;
}

}  // namespace engine
