#include "engine/ops/conv_passes.h"

#include <algorithm>

#include "engine/error.h"
#include "kernels/bias.h"
#include "kernels/elementwise.h"

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

Tensor grad_bias(const Context& c, const Tensor& dy) {
  DType dtype = accumulator(dy.dtype());
  Tensor db = c.empty({1, {dy.shape()[3]}}, dtype);
  Tensor scratch = c.empty({1, {kernels::bias_scratch(dy.shape())}}, dtype);
  kernels::bias_backward(c.queue, dy, db, scratch);
  return db;
}

// `dy` is the gradient of conv + bias + residual, without activation.
ConvGradients without_activation(const Context& c, ConvSaved& s, const Tensor& dy) {
  const ConvShape& f = s.forward;
  ConvShape shape = f;
  shape.bias = shape.residual = false;
  shape.activation = Activation::none;
  ConvGradients grad;
  if (s.bias) grad.bias = grad_bias(c, dy);
  if (s.x) {
    shape.pass = ConvPass::grad_weight;
    grad.weight = c.empty(f.weight_shape(), accumulator(f.dtype));
    run_conv(c, c.plans.at(shape), {.x = s.x, .weight = grad.weight, .y = dy});
    s.x = {};  // perhaps the last reader: dx can have its memory
  }
  if (s.weight) {
    shape.pass = ConvPass::grad_input;
    grad.x = c.empty(f.x_shape(), f.dtype);
    run_conv(c, c.plans.at(shape), {.x = grad.x, .weight = s.weight, .y = dy});
  }
  if (s.residual) grad.residual = dy;
  return grad;
}

}  // namespace

ConvShape conv_shape(const Context& c, const ConvOperands& in, const ConvOptions& o) {
  check_operands(in.x, in.weight, o);
  const Shape &x = in.x.shape(), &filter = in.weight.shape();
  ConvShape shape{.dtype = in.x.dtype(),
                  .images = int(x[0]),
                  .height = int(x[1]),
                  .width = int(x[2]),
                  .in_channels = int(x[3]),
                  .out_channels = int(filter[0]),
                  .kernel = int(filter[1]),
                  .stride = o.stride,
                  .pad = o.pad,
                  .exact_f32 = c.exact_f32,
                  .bias = bool(in.bias),
                  .residual = bool(in.residual),
                  .activation = o.activation};
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

ConvGradients conv_gradients(const Context& c, ConvSaved& s, const Tensor& dy) {
  SSD_CHECK(dy.dtype() == s.forward.dtype, "conv: dy has another dtype than y");
  if (!s.y) return without_activation(c, s, dy);
  Tensor dsum = dy.unique() ? dy : c.empty(dy.shape(), dy.dtype());
  kernels::activate_backward(c.queue, s.forward.activation, dy, s.y, dsum);
  s.y = {};
  return without_activation(c, s, dsum);
}

}  // namespace engine
