// Stands in for the modelled CUDA runtime where the model of cuDNN is tested alone: memory is the
// host's, and work runs at once.
#pragma once
#include <functional>
#include <string>

#include "tests/cuda_model/model.h"

namespace tests {

// Thrown by cuda_model::fail, which ends the process elsewhere.
struct RuleBroken {
  std::string what;
};

struct CudaStandIn {
  uint64_t seed = 1;
  bool in_device_memory = true;           // what is_device_pointer says
  size_t bytes_behind = size_t(1) << 60;  // what bytes_behind says
  cudaError_t enqueued = cudaSuccess;     // what enqueue returns; nothing runs otherwise
  int devices = 1;
  int queued = 0;  // pieces of work so far
  // How long a piece of work takes, by its name, for events. Empty: as long as it takes here.
  std::function<float(const std::string&)> milliseconds;
  float passed = 0;  // of these
};
CudaStandIn& cuda_stand_in();

}  // namespace tests

// Of the model of cuDNN: descriptors and handles that were not destroyed.
extern "C" size_t cuda_model_cudnn_alive();
