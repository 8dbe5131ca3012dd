// Elementwise kernels. All views of a call have one shape, of any rank.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

void add(Queue, View a, View b, View y);           // y = a + b; equal dtypes
void add_into(Queue, View sum, View term);         // sum += term; dtypes may differ
void cast(Queue, View x, View y);                  // y = x, rounded to y's dtype
void fill(Queue, View y, double value);            // y = value, rounded to y's dtype
void activate(Queue, Activation, View x, View y);  // y = activation(x); equal dtypes
// dx = dy, and 0 where the slope of the activation is 0, which its output y tells (see
// kernels/activation.h); equal dtypes; dx may be dy
void activate_backward(Queue, Activation, View dy, View y, View dx);

}  // namespace kernels
