#include "tests/cuda_model/cudnn/handle.h"

#include <cuda_runtime_api.h>

#include <list>
#include <mutex>
#include <nlohmann/json.hpp>

namespace cuda_model::cudnn {
namespace {

std::mutex mutex;
std::list<cudnnContext> handles;

std::string named(const std::string& card, int version) {
  return card + " sm_" + std::to_string(version / 10);
}

}  // namespace

cudnnHandle_t make_handle() {
  int ordinal = 0;
  cudaDeviceProp properties{};
  if (cudaGetDevice(&ordinal) != cudaSuccess ||
      cudaGetDeviceProperties(&properties, ordinal) != cudaSuccess)
    refuse(CUDNN_STATUS_NOT_INITIALIZED, "there is no CUDA device");
  const std::lock_guard lock(mutex);
  cudnnContext& made = handles.emplace_back();
  made.device = named(properties.name, properties.major * 100 + properties.minor * 10);
  made.ordinal = ordinal;
  return &made;
}

void check(cudnnHandle_t handle) {
  require(handle, "no handle");
  expect(!handle->destroyed, "a handle is used after it was destroyed");
}

int handles_alive() {
  const std::lock_guard lock(mutex);
  int alive = 0;
  for (const cudnnContext& handle : handles) alive += !handle.destroyed;
  return alive;
}

HandleInUse::HandleInUse(cudnnHandle_t handle) : handle_(handle) {
  check(handle);
  expect(handle->calls++ == 0, "two threads use a handle at the same time");
}

HandleInUse::~HandleInUse() { --handle_->calls; }

DeviceProperties make_device_properties(const Descriptor& d) {
  const auto text = d.list<char>(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION);
  try {
    const auto json = nlohmann::json::parse(text.begin(), text.end());
    return {named(json.at("deviceName"), json.at("deviceVer"))};
  } catch (const std::exception& error) {
    refuse(CUDNN_STATUS_NOT_INITIALIZED,
           std::string("no description of a device: ") + error.what());
  }
}

std::string device_of(const Descriptor& d, Descriptor::Name handle, Descriptor::Name properties) {
  if (d.has(properties)) return d.made_of<DeviceProperties>(properties).device;
  expect(d.has(handle), std::string(d.rule().text) + " is for no device");
  auto* const bound = d.value<cudnnHandle_t>(handle);
  check(bound);
  return bound->device;
}

}  // namespace cuda_model::cudnn
