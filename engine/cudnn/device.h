// The device that cuDNN makes plans for: a GPU, or the description of one.
#pragma once
#include <memory>
#include <string>

#include "engine/cudnn/descriptor.h"

namespace engine {

class CudnnDevice {
 public:
  explicit CudnnDevice(int ordinal);  // the current CUDA device
  // A GPU that is not in this machine, from cuDNN's own description of its properties in JSON
  // (cuDNN 9.8 or newer). Plans can be made for it, but not run.
  explicit CudnnDevice(const std::string& properties);

  // What tells this device and library from others: "NVIDIA H200 sm_90 cuDNN 9.19.0".
  const std::string& name() const { return name_; }
  // What the second constructor takes. Empty if this cuDNN does not describe devices.
  std::string description() const;
  cudnnHandle_t handle() const { return handle_.get(); }  // null without a GPU

  // Binds an operation graph, an engine, a heuristic or an execution plan to the device.
  void bind_graph(CudnnDescriptor&) const;
  void bind_engine(CudnnDescriptor&) const;
  void bind_heuristic(CudnnDescriptor&) const;
  void bind_plan(CudnnDescriptor&) const;

 private:
  struct Destroy {
    void operator()(cudnnHandle_t handle) const { cudnn_library().Destroy(handle); }
  };
  std::unique_ptr<cudnnContext, Destroy> handle_;
  CudnnDescriptor properties_;
  std::string name_;
};

}  // namespace engine
