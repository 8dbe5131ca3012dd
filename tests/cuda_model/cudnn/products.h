// The three passes of a convolution by plain loops.
#pragma once
#include "tests/cuda_model/cudnn/operation.h"
#include "tests/cuda_model/cudnn/values.h"

namespace cuda_model::cudnn {

// In which order a sum's terms are added (a term is itself a short sum, in f32), and how the sum is
// kept in between.
struct Summing {
  int64_t parts = 1;       // so many sums, each of every parts-th term, are then added
  uint64_t shuffle = 0;    // not 0: the terms come in an order that this chooses, in an f32 sum
  bool half_sums = false;  // the sum is kept in `half`
  cudnnDataType_t half = CUDNN_DATA_FLOAT;
};

// The values of result(c), without alpha and beta, from those of its two inputs in the order of
// inputs().
Values products(const Convolution& c, const Values& first, const Values& second, const Summing&);

}  // namespace cuda_model::cudnn
