// Elementwise kernels. Views have equal shapes.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

void add(Queue, View a, View b, View y);           // y = a + b; equal dtypes
void add_into(Queue, View sum, View term);         // sum += term; dtypes may differ
void cast(Queue, View x, View y);                  // y = x, rounded to y's dtype
void fill(Queue, View y, double value);            // y = value, rounded to y's dtype
void scale(Queue, View x, double factor, View y);  // y = factor * x; equal dtypes; y may be x
void activate(Queue, Activation, View x, View y);  // y = activation(x); equal dtypes
// dx = dy where the activation's output y is open, else 0; equal dtypes; dx may be dy
void activate_backward(Queue, Activation, View dy, View y, View dx);

}  // namespace kernels
