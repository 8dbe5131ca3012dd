// Adds one value per channel (the last dimension). b: [channels] in the accumulator of x's dtype.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

void bias(Queue, View x, View b, View y);  // y = x + b; y may be x

}  // namespace kernels
