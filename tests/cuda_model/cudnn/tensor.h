// A tensor of a graph.
#pragma once
#include <string>
#include <vector>

#include "tests/cuda_model/cudnn/descriptor.h"

namespace cuda_model::cudnn {

using Sizes = std::vector<int64_t>;

struct Tensor {
  int64_t id = 0;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  Sizes dims, strides;  // N, C, H, W whatever the order in memory; strides in values
  int64_t alignment = 16;
  bool is_virtual = false;

  int64_t size() const;   // values
  int64_t bytes() const;  // from the first value to behind the last one
  std::string name() const { return "tensor " + std::to_string(id); }
  bool operator==(const Tensor&) const = default;
};

int64_t size_of(cudnnDataType_t);  // 0 for a type that the model does not know

Tensor make_tensor(const Descriptor&);
// Refuses and notices what is wrong with a tensor, as when its descriptor is finalized.
void check(const Tensor&);

}  // namespace cuda_model::cudnn
