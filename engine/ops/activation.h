// The activation at the end of an operation. For engine/ops only.
#pragma once
#include "engine/context.h"

namespace engine {

// Records y = activation(x) as a step of its own, so that the step that computes the gradient of y
// can apply the mask (engine/fusion.h). Does nothing for Activation::none.
void record_activation(const Context&, const Tensor& x, const Tensor& y, Activation);

}  // namespace engine
