// Random contents for the operands on which plans are checked, and the difference of two results.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// Fills y (floating point, any shape) with uniform numbers in [low, high), rounded to y's dtype.
// Each depends on the seed and its index alone.
void sample_values(Queue, View y, uint32_t seed, double low, double high);

// Writes the largest |a - b| and the largest |b| of each chunk of elements to `largest`, f32
// [difference_chunks(elements), 2]. Both are infinite where a value is not finite. a and b have one
// shape and dtype.
int64_t difference_chunks(int64_t elements);
void chunk_differences(Queue, View a, View b, View largest);

}  // namespace kernels
