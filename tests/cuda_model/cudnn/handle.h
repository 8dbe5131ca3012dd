// cuDNN's handles, and what plans are made for.
#pragma once
#include <atomic>
#include <string>

#include "tests/cuda_model/cudnn/descriptor.h"

// Handles are never freed, so that one that is used too long is noticed.
struct cudnnContext {
  std::string device;  // its name and architecture
  int ordinal = 0;
  cudaStream_t stream = nullptr;
  bool destroyed = false;
  std::atomic<int> calls = 0;  // that are using it now
};

namespace cuda_model::cudnn {

// For the current CUDA device. Refuses where there is none.
cudnnHandle_t make_handle();
// Notices one that was destroyed.
void check(cudnnHandle_t);
int handles_alive();

// A handle may be used by one thread at a time.
class HandleInUse {
 public:
  explicit HandleInUse(cudnnHandle_t);
  ~HandleInUse();
  HandleInUse(const HandleInUse&) = delete;
  HandleInUse& operator=(const HandleInUse&) = delete;

 private:
  cudnnHandle_t handle_;
};

// A card that is described in JSON (CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR).
struct DeviceProperties {
  std::string device;
};
DeviceProperties make_device_properties(const Descriptor&);

// The device that a descriptor is bound to by one of two attributes.
std::string device_of(const Descriptor&, Descriptor::Name handle, Descriptor::Name properties);

}  // namespace cuda_model::cudnn
