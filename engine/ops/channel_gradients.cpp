#include "engine/ops/channel_gradients.h"

#include "engine/context.h"
#include "kernels/channel_grads.h"
#include "kernels/column_chunks.h"

namespace engine {

ChannelGradients channel_gradients(const Context& c, const OutputGrad& dy,
                                   const ChannelGradsWanted& wanted, const Mask& mask) {
  if (dy.dbeta) return {dy.dbeta, dy.dgamma};
  return masked_channel_gradients(c, dy.value, mask, wanted);
}

ChannelGradients masked_channel_gradients(const Context& c, const Tensor& g, const Mask& mask,
                                          const ChannelGradsWanted& wanted) {
  const Shape& shape = g.shape();
  const DType sums = accumulator(g.dtype());
  const Shape channels{1, {kernels::channels_of(shape)}};
  ChannelGradients grads{.dbeta = c.empty(channels, sums)};
  if (wanted.kind == ChannelGrads::batch_norm) grads.dgamma = c.empty(channels, sums);
  Tensor scratch = c.empty({1, {kernels::channel_grads_scratch(shape)}}, sums);
  kernels::channel_grads(c.queue, {.g = g,
                                   .mask = mask.activation,
                                   .saved = mask.saved,
                                   .x = wanted.x,
                                   .mean = wanted.mean,
                                   .inv_std = wanted.inv_std,
                                   .gamma = mask.gamma,
                                   .beta = mask.beta,
                                   .dbeta = grads.dbeta,
                                   .dgamma = grads.dgamma,
                                   .scratch = scratch});
  return grads;
}

}  // namespace engine
