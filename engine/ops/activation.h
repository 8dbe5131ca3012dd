// The activation at the end of an operation. For engine/ops only.
#pragma once
#include "engine/context.h"

namespace engine {

// y = activation(x): its gradient is a step of the tape, which whoever makes the gradient of y may
// spare (engine/tape.h). Nothing for Activation::none.
void record_activation(const Context&, const Tensor& x, const Tensor& y, Activation);

}  // namespace engine
