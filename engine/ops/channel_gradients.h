// The channel gradients of a bias or a batch norm, for operations that do not receive them with
// their output's gradient (engine/fusion.h). For engine/ops only.
#pragma once
#include "engine/fusion.h"

namespace engine {

struct Context;

struct ChannelGradients {
  Tensor dbeta, dgamma;  // dgamma: of a batch norm only
};

// An activation that masks g. With `saved`, g is set to 0, in place, where the slope is 0, in the
// pass over memory that computes its channel gradients. Without `saved`, the activation is that of
// the batch norm whose gradients are wanted: its output is computed anew, and g stays as it is.
struct Mask {
  Activation activation = Activation::none;
  Tensor saved;        // its output
  Tensor gamma, beta;  // without `saved`
};
// Returns the channel gradients that came with dy. If there are none, computes them from dy.value.
ChannelGradients channel_gradients(const Context&, const OutputGrad& dy, const ChannelGradsWanted&,
                                   const Mask& = {});
ChannelGradients masked_channel_gradients(const Context&, const Tensor& g, const Mask&,
                                          const ChannelGradsWanted&);

}  // namespace engine
