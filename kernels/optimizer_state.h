// What changes from step to step. It lies in device memory, where kernels read and write it, so
// that a recorded step needs no help from the host.
#pragma once
#include "kernels/view.h"

namespace kernels {

struct OptimizerState {
  int64_t step = 0;            // updates applied so far
  int64_t skipped = 0;         // updates left out because a gradient was not finite
  double learning_rate = 0;    // of the latest update
  double gradient_norm = 0;    // of the latest update: unscaled, with L2, before clipping
  double gradient_factor = 1;  // what the latest update multiplied gradients with: unscale and clip
  double loss_scale = 1;
  int32_t clean_steps = 0;  // since the loss scale changed
  int32_t skipped_in_a_row = 0;
  int32_t finite = 1;     // whether the latest gradients were
  int32_t overflows = 0;  // since the loss scale was last due to grow
};

// Dynamic loss scaling (Micikevicius et al., arXiv:1710.03740) with TensorFlow's constants.
struct LossScaleOptions {
  double growth = 2;  // factor after `interval` clean steps, divisor after an overflow
  int32_t interval = 2000;
  // The number of overflows, since the scale was last due to grow, from which on each lowers the
  // scale (the hysteresis of Megatron's DynamicGradScaler). If it is 1, every overflow does.
  int32_t hysteresis = 1;
  double min = 1, max = 3e38;
  bool dynamic = false;  // if false, the scale stays as it is, but overflows are skipped, too
};

// The state machine, without the kernel around it.
HD void advance(OptimizerState& s, const LossScaleOptions& o) {
  if (s.finite) {
    s.step += 1;
    s.skipped_in_a_row = 0;
    s.clean_steps += 1;
    if (o.dynamic && s.clean_steps >= o.interval) {
      double grown = s.loss_scale * o.growth;
      if (grown <= o.max) s.loss_scale = grown;
      s.clean_steps = 0;
      s.overflows = 0;
    }
  } else {
    s.skipped += 1;
    s.skipped_in_a_row += 1;
    s.overflows += 1;
    s.clean_steps = 0;
    if (o.dynamic && s.overflows >= o.hysteresis) {
      double less = s.loss_scale / o.growth;
      s.loss_scale = less > o.min ? less : o.min;
    }
  }
}

}  // namespace kernels
