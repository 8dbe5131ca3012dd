// Adds the buffers of all ranks, in the host's memory and in order of rank.
#pragma once
#include <span>

#include "kernels/view.h"

namespace engine {

// sum[i] = terms[0][i] + terms[1][i] + ..., from left to right; half types are added in f32 and
// rounded once. `sum` may be one of the terms.
void add_in_order(std::span<const void* const> terms, kernels::DType, size_t elements, void* sum);

}  // namespace engine
