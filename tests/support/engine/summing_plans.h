// Convolutions that add up their output on the way, as GPUs have them, on the CPU.
#pragma once
#include "engine/context.h"

namespace tests {

// The same context with such plans; on a GPU the context itself.
engine::Context with_summing_plans(const engine::Context&);

}  // namespace tests
