// The gradients of a bias or a batch norm, for operations that are not given them (engine/tape.h).
// For engine/ops only.
#pragma once
#include "engine/tape.h"

namespace engine {

struct ChannelGradients {
  Tensor dbeta, dgamma;  // dgamma: of a batch norm only
};
// dy's own, where they came with it.
ChannelGradients channel_gradients(const Context&, const OutputGrad& dy, const ChannelGradsWanted&);

// The same after zeroing g, in place, where an activation's output is closed: in one pass.
struct Mask {
  Activation activation = Activation::none;
  Tensor saved;
};
ChannelGradients masked_channel_gradients(const Context&, const Tensor& g, const Mask&,
                                          const ChannelGradsWanted&);

}  // namespace engine
