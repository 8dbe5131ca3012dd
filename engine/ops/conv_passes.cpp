#include <algorithm>

#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ranges.h"
#include "kernels/bias.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

// Runs the plan of one pass with a workspace that lives as long as the call.
void run(const Context& c, const ConvShape& shape, ConvArgs args) {
  ConvPlan& plan = c.plans.at(shape);
  Tensor workspace;
  if (size_t bytes = plan.workspace()) {
    workspace = c.empty({1, {int64_t(bytes)}}, DType::u8);
    args.workspace = View(workspace).data;
  }
  plan.run(c.queue, args);
}

ConvShape shape_of(const Context& c, const Tensor& x, const Tensor& weight, const ConvOptions& o) {
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
  ConvShape shape{.dtype = x.dtype(),
                  .images = int(in[0]),
                  .height = int(in[1]),
                  .width = int(in[2]),
                  .in_channels = int(in[3]),
                  .out_channels = int(filter[0]),
                  .kernel = int(filter[1]),
                  .stride = o.stride,
                  .pad = o.pad,
                  .exact_f32 = c.exact_f32};
  SSD_CHECK(in[1] + o.pad.top + o.pad.bottom >= filter[1] &&
                in[2] + o.pad.left + o.pad.right >= filter[1],
            "conv: an image of ", in[1], "x", in[2], " is smaller than the kernel, ", filter[1]);
  return shape;
}

// What the backward pass reads; tensors that no wanted gradient reads are empty.
struct Saved {
  ConvShape forward;
  Tensor x, weight, y;  // for dw, for dx, for the slope of the activation
  bool bias, residual;
};

Tensor grad_bias(const Context& c, const Tensor& dy) {
  DType dtype = accumulator(dy.dtype());
  Tensor db = c.empty({1, {dy.shape()[3]}}, dtype);
  Tensor scratch = c.empty({1, {kernels::bias_scratch(dy.shape())}}, dtype);
  kernels::bias_backward(c.queue, dy, db, scratch);
  return db;
}

// Gradients of x, weight, bias and residual. `dy` is that of conv + bias + residual.
Tensors grads(const Context& c, Saved& s, const Tensor& dy) {
  const ConvShape& f = s.forward;
  ConvShape shape = f;
  shape.bias = shape.residual = false;
  shape.activation = Activation::none;
  Tensor dx, dw, db;
  if (s.bias) db = grad_bias(c, dy);
  if (s.x) {
    shape.pass = ConvPass::grad_weight;
    dw = c.empty(f.weight_shape(), accumulator(f.dtype));
    run(c, shape, {.x = s.x, .weight = dw, .y = dy});
    s.x = {};  // perhaps the last reader: dx can have its memory
  }
  if (s.weight) {
    shape.pass = ConvPass::grad_input;
    dx = c.empty(f.x_shape(), f.dtype);
    run(c, shape, {.x = dx, .weight = s.weight, .y = dy});
  }
  return {dx, dw, db, s.residual ? dy : Tensor()};
}

Tensors backward(const Context& c, Saved& s, const Tensor& dy) {
  SSD_CHECK(dy.dtype() == s.forward.dtype, "conv: dy has another dtype than y");
  if (!s.y) return grads(c, s, dy);
  Tensor dsum = dy.unique() ? dy : c.empty(dy.shape(), dy.dtype());
  kernels::activate_backward(c.queue, s.forward.activation, dy, s.y, dsum);
  s.y = {};
  return grads(c, s, dsum);
}

void check_fusions(const ConvShape& s, const Tensor& bias, const Tensor& residual) {
  if (bias)
    SSD_CHECK(bias.shape() == (Shape{1, {s.out_channels}}) && bias.dtype() == accumulator(s.dtype),
              "conv: expected a bias of [", s.out_channels, "] in the accumulator's dtype");
  if (residual)
    SSD_CHECK(residual.shape() == s.y_shape() && residual.dtype() == s.dtype,
              "conv: residual differs from y in shape or dtype");
}

}  // namespace

Tensor conv(const Context& c, const Tensor& x, const Tensor& weight, const ConvOptions& options,
            const Tensor& bias, const Tensor& residual) {
  Range range("conv");
  ConvShape shape = shape_of(c, x, weight, options);
  check_fusions(shape, bias, residual);
  shape.bias = bool(bias);
  shape.residual = bool(residual);
  shape.activation = options.activation;
  Tensor y = c.empty(shape.y_shape(), x.dtype());
  run(c, shape,
      {.x = x,
       .weight = weight,
       .y = y,
       .bias = bias,
       .residual = residual,
       .weight_id = weight.id(),
       .weight_version = c.tape ? 0 : c.weights_version});
  if (!c.tape) return y;
  Saved saved{.forward = shape, .bias = c.tape->wants(bias), .residual = c.tape->wants(residual)};
  if (c.tape->wants(weight)) saved.x = x;
  if (c.tape->wants(x)) saved.weight = weight;
  if (options.activation != Activation::none) saved.y = y;
  c.tape->record({x, weight, bias, residual}, y,
                 [saved = std::move(saved)](const Context& c, const Tensor& dy) mutable {
                   return backward(c, saved, dy);
                 });
  return y;
}

}  // namespace engine
