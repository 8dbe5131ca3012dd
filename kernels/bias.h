// Adds bias and residual and applies the activation in one pass, behind a convolution without them.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// y = activation(x + b + residual), rounded once. b: [channels] (the last dimension) in the
// accumulator of x's dtype; residual: as x. Either may be empty.
struct BiasResidual {
  View x, b, residual, y;  // y may be x
  Activation activation = Activation::none;
};
void bias_residual(Queue, const BiasResidual&);

}  // namespace kernels
