// Largest value of each window of an NHWC activation, and its gradient.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// Window (oy, ox) covers `kernel` input rows from oy * stride - top on, and its columns likewise.
// Every window touches the input, because the padding on each side is smaller than the kernel.
struct PoolWindow {
  int kernel, stride, top, left;
};

// x is [images, height, width, channels] and y [images, out height, out width, channels], both of
// one floating-point dtype; dx and dy have the shapes of x and y. winner (u8, y's shape) receives
// the index in the window, counted row by row, of the element that y came from: the first of equal
// values, or the first NaN. The kernel must not exceed 15.
void max_pool(Queue, PoolWindow, View x, View y, View winner);
void max_pool_backward(Queue, PoolWindow, View dy, View winner, View dx);

}  // namespace kernels
