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

}  // namespace engine
