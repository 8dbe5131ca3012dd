// Copies between matrices of different sizes, to add channels of zeros that a library's kernels
// need, and to take them off again.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// The last dimension is columns, all others together rows. y = x where both have an element,
// rounded to y's dtype, else 0.
void pad_channels(Queue, View x, View y);
// y += x where both have an element; else y stays.
void add_padded(Queue, View x, View y);

}  // namespace kernels
