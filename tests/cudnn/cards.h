// GPUs described for cuDNN, one of each architecture that the project is built for.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/cudnn/device.h"

namespace tests {

struct Card {
  const char* name;
  int sm;  // 90: compute capability 9.0
  int multiprocessors;
  int shared_memory;    // bytes that a block may have
  int threads, blocks;  // of a multiprocessor
  int l2_mib, memory_gib;
};

const std::vector<Card>& cards();
// Loads a CUDA driver without a device, before cuDNN looks for one.
void load_driver_shim();
// Needs the shim. Error(resources) where there is no cuDNN.
std::shared_ptr<const engine::CudnnDevice> device_of(const Card&);

}  // namespace tests
