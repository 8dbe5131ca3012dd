#include "kernels/batch_norm.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/activation.h"
#include "engine/ops/channel_gradients.h"
#include "kernels/column_chunks.h"

namespace engine {
namespace {

void check_parameters(const Tensor& x, const BatchNormParameters& p, const Tensor& residual) {
  SSD_CHECK(x.shape().rank >= 1, "batch_norm: x has no channels");
  Shape expected{1, {kernels::channels_of(x.shape())}};
  for (const Tensor* t : {&p.gamma, &p.beta, &p.moving_mean, &p.moving_variance})
    SSD_CHECK(t->shape() == expected && t->dtype() == accumulator(x.dtype()),
              "batch_norm: gamma, beta and the moving statistics must be [", expected[0],
              "] in the accumulator's dtype");
  SSD_CHECK(!residual || (residual.shape() == x.shape() && residual.dtype() == x.dtype()),
            "batch_norm: the residual differs from x in shape or dtype");
}

Tensors backward(const Context& c, const ChannelGradsWanted& normalised, const Tensor& gamma,
                 const OutputGrad& dy, bool batch_statistics, bool residual) {
  auto [dbeta, dgamma] = channel_gradients(c, dy, normalised);
  const Tensor& g = dy.value;
  // The residual's gradient is g itself and must survive.
  Tensor dx = !residual && g.unique() ? g : c.empty(g.shape(), g.dtype());
  kernels::batch_norm_backward(c.queue, {.x = normalised.x,
                                         .g = g,
                                         .gamma = gamma,
                                         .dgamma = dgamma,
                                         .dbeta = dbeta,
                                         .dx = dx,
                                         .moments = {normalised.mean, normalised.inv_std},
                                         .batch_statistics = batch_statistics});
  return {dx, dgamma, dbeta, residual ? g : Tensor()};
}

void record(const Context& c, const Tensor& y, const BatchNormParameters& p, const Tensor& residual,
            Activation activation, const ChannelGradsWanted& normalised) {
  if (!c.tape) return;
  // The activation is a step of its own: the step that computes the gradient can apply its mask.
  const Tensor sum = activation == Activation::none ? y : y.with_shape(y.shape());
  c.tape->record(
      {normalised.x, p.gamma, p.beta, residual}, sum,
      [normalised, gamma = p.gamma, batch_statistics = c.training, residual = bool(residual)](
          const Context& c, const OutputGrad& dy, std::vector<InputTarget>&) {
        return backward(c, normalised, gamma, dy, batch_statistics, residual);
      },
      normalised);
  record_activation(c, sum, y, activation);
}

void find_moments(const Context& c, const Tensor& x, const BatchNormParameters& p,
                  const BatchNormOptions& options, const ChannelSums& sums,
                  kernels::BatchNormMoments moments) {
  kernels::BatchNormMoving moving{p.moving_mean, p.moving_variance, options.decay};
  if (!c.training)
    return kernels::batch_norm_moving_moments(c.queue, moving, moments, options.epsilon);
  if (sums.sum) {
    kernels::BatchNormSums from{sums.sum, sums.sum_of_squares, kernels::rows_of(x.shape())};
    return kernels::batch_norm_moments_of_sums(c.queue, from, moments, moving, options.epsilon);
  }
  Tensor scratch = c.empty({1, {kernels::batch_norm_scratch(x.shape())}}, p.gamma.dtype());
  kernels::batch_norm_batch_moments(c.queue, x, moments, moving, options.epsilon, scratch);
}

}  // namespace

Tensor batch_norm(const Context& c, const Tensor& x, const BatchNormParameters& p,
                  const BatchNormOptions& options, const Tensor& residual,
                  const ChannelSums& sums) {
  Operation operation(c, "batch_norm");
  check_parameters(x, p, residual);
  Tensor mean = c.empty(p.gamma.shape(), p.gamma.dtype()),
         inv_std = c.empty(p.gamma.shape(), p.gamma.dtype());
  kernels::BatchNormMoments moments{mean, inv_std};
  find_moments(c, x, p, options, sums, moments);
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::batch_norm(c.queue, {.x = x,
                                .residual = residual,
                                .gamma = p.gamma,
                                .beta = p.beta,
                                .y = y,
                                .moments = moments,
                                .activation = options.activation});
  record(c, y, p, residual, options.activation, {ChannelGrads::batch_norm, x, mean, inv_std});
  return y;
}

}  // namespace engine
