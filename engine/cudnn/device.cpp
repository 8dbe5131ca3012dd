#include "engine/cudnn/device.h"

#include <cuda_runtime.h>

#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace engine {
namespace {

std::string name_of(const std::string& card, int sm) {
  return base::concatenate(card, " sm_", sm, " cuDNN ", cudnn_library().version());
}

}  // namespace

CudnnDevice::CudnnDevice(int ordinal) {
  cudnnHandle_t handle = nullptr;
  cudnn_check(cudnn_library().Create(&handle), "cudnnCreate");
  handle_.reset(handle);
  cudaDeviceProp properties;
  if (cudaError_t status = cudaGetDeviceProperties(&properties, ordinal); status != cudaSuccess)
    base::fail(base::ExitCode::failed,
               "CUDA: cudaGetDeviceProperties: ", cudaGetErrorString(status));
  name_ = name_of(properties.name, properties.major * 10 + properties.minor);
}

CudnnDevice::CudnnDevice(const std::string& properties)
    : properties_(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR) {
  properties_.set_text(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, properties);
  properties_.finalize();
  const auto json = nlohmann::json::parse(properties);
  name_ = name_of(json.at("deviceName"), json.at("deviceVer").get<int>() / 10);
}

std::string CudnnDevice::description() const {
  constexpr auto kText = CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION;
  try {
    if (!handle_) return properties_.text(kText);
    CudnnDescriptor properties(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    properties.set(CUDNN_ATTR_DEVICEPROP_HANDLE, handle());
    properties.finalize();
    return properties.text(kText);
  } catch (const base::Error&) {
    return {};
  }
}

void CudnnDevice::bind_graph(CudnnDescriptor& graph) const {
  if (handle_) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle());
}

void CudnnDevice::bind_engine(CudnnDescriptor& engine) const {
  if (!handle_) engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, properties_);
}

void CudnnDevice::bind_heuristic(CudnnDescriptor& heuristic) const {
  if (!handle_) heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, properties_);
}

void CudnnDevice::bind_plan(CudnnDescriptor& plan) const {
  if (handle_)
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle());
  else
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, properties_);
}

}  // namespace engine
