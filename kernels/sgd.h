// Stochastic gradient descent with TensorFlow's momentum on flat buffers:
//   g = gradient / (loss_scale * divisor) + weight_decay * w    (decay of the first `decayed` w)
//   if clip_norm > 0:  g *= clip_norm / max(clip_norm, |g|)
//   momentum = mu * momentum + g
//   w -= rate * momentum
// Everything is skipped if some gradient is not finite.
#pragma once
#include "kernels/update.h"

namespace kernels {

struct SgdOptions {
  double momentum = 0.9, weight_decay = 0;
};

// One update. `momentum`: [n] in the master dtype.
void sgd(Queue, const UpdateBuffers&, View momentum, const UpdateOptions&, const SgdOptions&);

}  // namespace kernels
