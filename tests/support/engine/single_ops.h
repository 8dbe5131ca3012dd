// Ops of one kernel each. The engine runs these kernels inside plans, optimisers and other ops; as
// ops of their own only tests use them: to check the kernels, and as neighbours of fused gradients.
#pragma once
#include "engine/ops.h"

namespace tests {

engine::Tensor relu(const engine::Context&, const engine::Tensor& x);
engine::Tensor relu6(const engine::Context&, const engine::Tensor& x);
// b: [channels] in accumulator(dtype)
engine::Tensor bias(const engine::Context&, const engine::Tensor& x, const engine::Tensor& b);
// x itself if it has the dtype
engine::Tensor cast(const engine::Context&, const engine::Tensor& x, engine::DType to);

}  // namespace tests
