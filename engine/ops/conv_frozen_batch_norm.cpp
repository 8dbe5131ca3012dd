#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops/conv_passes.h"
#include "kernels/fold_batch_norm.h"

namespace engine {
namespace {

void check_parameters(const Tensor& weight, const FrozenBatchNorm& f) {
  SSD_CHECK(f.master.shape() == weight.shape(),
            "conv_frozen_batch_norm: master differs from weight in shape");
  const DType dtype = f.master.dtype();
  SSD_CHECK(dtype == accumulator(weight.dtype()),
            "conv_frozen_batch_norm: master must be in the accumulator's dtype");
  const Shape channels{1, {weight.shape()[0]}};
  for (const Tensor* t : {&f.gamma, &f.beta, &f.mean, &f.variance})
    SSD_CHECK(t->shape() == channels && t->dtype() == dtype,
              "conv_frozen_batch_norm: gamma, beta, mean and variance must be [", channels[0],
              "] in the accumulator's dtype");
}

struct Saved {
  ConvSaved conv;
  FrozenBatchNorm batch_norm;
  bool scales;  // whether weight's or gamma's gradient is wanted
};

Tensors backward(const Context& c, Saved& s, const OutputGrad& dy, InputTarget& target) {
  InputTarget folded;  // the folded kernel's gradient is not yet the kernel's
  ConvGradients grad = conv_gradients(c, s.conv, dy, {target, folded});
  if (!s.scales) return {grad.x, {}, {}, grad.bias, grad.residual};
  const FrozenBatchNorm& f = s.batch_norm;
  Tensor dgamma = c.empty(f.gamma.shape(), f.gamma.dtype());
  kernels::fold_batch_norm_backward(c.queue, {.weight = f.master,
                                              .gamma = f.gamma,
                                              .mean = f.mean,
                                              .variance = f.variance,
                                              .epsilon = f.epsilon,
                                              .dweight = grad.weight,
                                              .dbias = grad.bias,
                                              .dgamma = dgamma});
  return {grad.x, grad.weight, dgamma, grad.bias, grad.residual};
}

}  // namespace

Tensor conv_frozen_batch_norm(const Context& c, const Tensor& x, const Tensor& weight,
                              const ConvOptions& options, const FrozenBatchNorm& f,
                              const Tensor& residual) {
  Operation operation(c, "conv_frozen_batch_norm");
  check_parameters(weight, f);
  Tensor folded = c.empty(weight.shape(), x.dtype()),
         bias = c.empty(f.beta.shape(), f.beta.dtype());
  ConvShape shape = conv_shape(c, {x, folded, bias, residual}, options);
  kernels::fold_batch_norm(c.queue, {.weight = f.master,
                                     .gamma = f.gamma,
                                     .beta = f.beta,
                                     .mean = f.mean,
                                     .variance = f.variance,
                                     .epsilon = f.epsilon,
                                     .folded_weight = folded,
                                     .folded_bias = bias});
  Tensor y = c.empty(shape.y_shape(), x.dtype());
  run_conv(c, c.plans.at(shape),
           {.x = x, .weight = folded, .y = y, .bias = bias, .residual = residual});
  if (!c.tape) return y;
  bool scales = c.tape->wants(weight) || c.tape->wants(f.gamma);
  Saved saved{.conv = {.forward = shape,
                       .bias = scales || c.tape->wants(f.beta),
                       .residual = c.tape->wants(residual)},
              .batch_norm = f,
              .scales = scales};
  if (scales) saved.conv.x = x;
  if (c.tape->wants(x)) saved.conv.weight = folded;
  record_conv(
      c, {x, weight, f.gamma, f.beta, residual}, y, saved.conv,
      [saved](const Context& c, const OutputGrad& dy, std::vector<InputTarget>& targets) mutable {
        return backward(c, saved, dy, targets[0]);
      });
  return y;
}

}  // namespace engine
