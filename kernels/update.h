// What every optimiser's update of flat buffers shares: the check that all gradients are finite,
// their norm for clipping, the learning rate, the moving average, and the loss scale. A rule
// (kernels/sgd.h, kernels/adamw.h) calls begin_update(), updates the weights, and calls
// end_update().
#pragma once
#include "kernels/optimizer_state.h"
#include "kernels/queue.h"
#include "kernels/schedule.h"

namespace kernels {

struct UpdateBuffers {
  View weight, gradient;  // [n] in the master dtype, f32 or f64
  View working;           // [decayed] low-precision copy of the first weights; may be empty
  View average;           // [n] moving average of the weights; may be empty
  View scratch;           // update_scratch(n) elements in the master dtype
  OptimizerState* state;  // on the device
  int64_t decayed = 0;    // so many weights, from the first on, are decayed
};

struct UpdateOptions {
  Schedule schedule;
  double clip_norm = 0;      // largest norm of the gradient; 0 for no limit
  double average_decay = 0;  // of the moving average
  double divisor = 1;        // gradients are sums over this number of batches
  LossScaleOptions loss_scale;
};

inline constexpr int kRuleScratch = 2;  // elements at the start of `scratch` that a rule may use

int64_t update_scratch(int64_t n);

// Fills in the state: whether all gradients are finite, the learning rate, the factor that
// unscales, and, if clip_norm > 0, the norm of gradient * factor + l2 * weight (l2 on the first
// `decayed` elements).
void begin_update(Queue, const UpdateBuffers&, const UpdateOptions&, double l2);

// Counts the update as applied or skipped, and moves the loss scale.
void end_update(Queue, OptimizerState*, const LossScaleOptions&);

// Exchanges the values of two buffers of equal shape, f32 or f64.
void exchange(Queue, View, View);

}  // namespace kernels
