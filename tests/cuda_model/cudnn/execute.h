// Carries a graph out.
#pragma once
#include "tests/cuda_model/cudnn/engine.h"

namespace cuda_model::cudnn {

// The memory of every tensor that is not virtual. What only beta or an operation of its own reads
// is read; nothing else of a result is. The workspace is filled with NaN.
void execute(const Configuration&, const std::map<int64_t, void*>& memory, void* workspace);

}  // namespace cuda_model::cudnn
