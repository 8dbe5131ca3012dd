#include "kernels/batch_norm.h"

#include "engine/error.h"
#include "engine/ops.h"
#include "engine/ranges.h"
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

struct Saved {  // for the gradient; y is empty where there is no activation
  Tensor x, y, gamma, mean, inv_std;
  Activation activation;
  bool batch_statistics, residual;
};

Tensors backward(const Context& c, const Saved& s, const Tensor& dy) {
  Tensor dgamma = c.empty(s.gamma.shape(), s.gamma.dtype()),
         dbeta = c.empty(s.gamma.shape(), s.gamma.dtype());
  Tensor g, dx;
  if (s.residual && s.activation != Activation::none)
    g = dy.unique() ? dy : c.empty(dy.shape(), dy.dtype());
  // Without an activation dy itself is the residual's gradient and must survive.
  dx = !s.residual && dy.unique() ? dy : c.empty(dy.shape(), dy.dtype());
  Tensor scratch = c.empty({1, {kernels::batch_norm_scratch(dy.shape())}}, s.gamma.dtype());
  kernels::batch_norm_backward(c.queue, {.x = s.x,
                                         .y = s.y,
                                         .dy = dy,
                                         .gamma = s.gamma,
                                         .g = g,
                                         .dx = dx,
                                         .dgamma = dgamma,
                                         .dbeta = dbeta,
                                         .scratch = scratch,
                                         .moments = {s.mean, s.inv_std},
                                         .activation = s.activation,
                                         .batch_statistics = s.batch_statistics});
  if (!s.residual) return {dx, dgamma, dbeta};
  return {dx, dgamma, dbeta, g ? g : dy};
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
  Range range("batch_norm");
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
  if (c.tape) {
    Saved saved{x,          options.activation == Activation::none ? Tensor() : y,
                p.gamma,    mean,
                inv_std,    options.activation,
                c.training, bool(residual)};
    Tensors inputs{x, p.gamma, p.beta};
    if (residual) inputs.push_back(residual);
    c.tape->record(inputs, y,
                   [saved](const Context& c, const Tensor& dy) { return backward(c, saved, dy); });
  }
  return y;
}

}  // namespace engine
