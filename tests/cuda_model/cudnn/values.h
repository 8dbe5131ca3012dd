// The values of a tensor: read from memory by its strides, computed with in f32, rounded to its
// type and written.
#pragma once
#include <vector>

#include "tests/cuda_model/cudnn/tensor.h"

namespace cuda_model::cudnn {

// In the order N, H, W, C, whatever the tensor's own is.
using Values = std::vector<float>;

Values load(const Tensor&, const void* memory);
void store(const Tensor&, const Values&, void* memory);
void round_to(cudnnDataType_t, Values&);
// To the eleven bits of TF32.
void round_to_tf32(Values&);

}  // namespace cuda_model::cudnn
