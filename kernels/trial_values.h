// Random contents for operands of trial runs, and how far two results lie apart.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// Every element a uniform number in [low, high) that depends on (seed, place) alone, rounded to y's
// dtype.
void trial_values(Queue, View y, uint32_t seed, double low, double high);

// Chunk by chunk the largest |a - b| and the largest |b|, infinite where a value is not finite;
// parts: f32 [trial_parts(elements), 2]. a and b have one shape and dtype.
int64_t trial_parts(int64_t elements);
void trial_differences(Queue, View a, View b, View parts);

}  // namespace kernels
