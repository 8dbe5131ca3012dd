// Elementwise kernels. Views have equal shapes.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

void add(Queue, View a, View b, View y);       // y = a + b; equal dtypes
void add_into(Queue, View sum, View term);     // sum += term; dtypes may differ

}  // namespace kernels
