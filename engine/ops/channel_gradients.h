// The channel gradients of a bias or a batch norm, for operations that do not receive them with
// their output's gradient (engine/fusion.h). For engine/ops only.
#pragma once
#include "engine/fusion.h"

namespace engine {

struct Context;

struct ChannelGradients {
  Tensor dbeta, dgamma;  // dgamma: of a batch norm only
};
// Those that came with dy, if they did; else computed from dy.value.
ChannelGradients channel_gradients(const Context&, const OutputGrad& dy, const ChannelGradsWanted&);

// Sets g to 0, in place, where the slope of an activation is 0, and computes the channel gradients
// of the result in the same pass over memory.
struct Mask {
  Activation activation = Activation::none;
  Tensor saved;  // its output
};
ChannelGradients masked_channel_gradients(const Context&, const Tensor& g, const Mask&,
                                          const ChannelGradsWanted&);

}  // namespace engine
