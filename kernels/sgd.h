// Stochastic gradient descent with TensorFlow's momentum on flat buffers:
//   g = gradient / (loss_scale * divisor) + weight_decay * w    (decay on the first `decayed`
//   elements) g *= clip_norm / max(clip_norm, |g|)                         (if clip_norm > 0)
//   momentum = mu * momentum + g;   w -= rate * momentum
// Everything is skipped when some gradient is not finite.
#pragma once
#include "kernels/optimizer_state.h"
#include "kernels/queue.h"
#include "kernels/schedule.h"

namespace kernels {

struct SgdBuffers {
  View weight, gradient, momentum;  // [n] in the master dtype, f32 or f64
  View working;           // [decayed] low-precision copy of the first weights; may be empty
  View average;           // [n] moving average of the weights; may be empty
  View scratch;           // sgd_scratch(n) elements in the master dtype
  OptimizerState* state;  // on the device
  int64_t decayed = 0;
};

struct SgdOptions {
  Schedule schedule;
  double momentum = 0.9, weight_decay = 0, clip_norm = 0, average_decay = 0;
  double divisor = 1;  // gradients are sums over so many batches
  LossScaleOptions loss_scale;
};

int64_t sgd_scratch(int64_t n);

// One update: finite check and norm, schedule, weights, state machine.
void sgd(Queue, const SgdBuffers&, const SgdOptions&);

}  // namespace kernels
