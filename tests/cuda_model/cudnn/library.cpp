// The functions of cuDNN 9 that the engine calls, exported by a shared library of cuDNN's name.
#include <cstdio>
#include <mutex>
#include <unordered_map>

#include "tests/cuda_model/cudnn/plan.h"

using namespace cuda_model::cudnn;

namespace {

thread_local std::string last_error;

std::mutex mutex;
// Handles of descriptors are numbers that come once: one that was destroyed is known as such.
std::unordered_map<uintptr_t, Part> descriptors;
uintptr_t next_descriptor = 0x1000;

template <class Work> cudnnStatus_t call(Work work) {
  try {
    last_error.clear();
    work();
    return CUDNN_STATUS_SUCCESS;
  } catch (const Refusal& refusal) {
    last_error = refusal.reason;
    return refusal.status;
  }
}

Part descriptor(cudnnBackendDescriptor_t handle) {
  if (!handle) refuse(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "no descriptor");
  const std::lock_guard lock(mutex);
  const auto found = descriptors.find(reinterpret_cast<uintptr_t>(handle));
  expect(found != descriptors.end(), "a descriptor that was destroyed, or that never was one");
  return found->second;
}

std::vector<Part> parts(cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  std::vector<Part> all;
  if (type != CUDNN_TYPE_BACKEND_DESCRIPTOR || !values) return all;
  auto* handles = static_cast<const cudnnBackendDescriptor_t*>(values);
  for (int64_t i = 0; i < count; ++i) {
    require(handles[i], "a part is null");
    all.push_back(descriptor(handles[i]));
  }
  return all;
}

}  // namespace

extern "C" {

size_t cudnnGetVersion() { return CUDNN_VERSION; }

const char* cudnnGetErrorString(cudnnStatus_t status) {
#define NAME(name) \
  case name:       \
    return #name
  switch (status) {
    NAME(CUDNN_STATUS_SUCCESS);
    NAME(CUDNN_STATUS_NOT_INITIALIZED);
    NAME(CUDNN_STATUS_SERIALIZATION_VERSION_MISMATCH);
    NAME(CUDNN_STATUS_BAD_PARAM);
    NAME(CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    NAME(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
    NAME(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    NAME(CUDNN_STATUS_NOT_SUPPORTED);
    NAME(CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH);
    NAME(CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    NAME(CUDNN_STATUS_EXECUTION_FAILED);
    NAME(CUDNN_STATUS_EXECUTION_FAILED_CUDART);
    default:
      return "CUDNN_UNKNOWN_STATUS";
  }
#undef NAME
}

void cudnnGetLastErrorString(char* message, size_t size) {
  if (size) std::snprintf(message, size, "%s", last_error.c_str());
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  return call([&] {
    *handle = nullptr;
    *handle = make_handle();
  });
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  return call([&] {
    if (!handle) return;
    check(handle);
    expect(!cuda_model::is_destroyed(handle->stream), "a handle is destroyed after its stream");
    handle->destroyed = true;
  });
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  return call([&] {
    const HandleInUse use(handle);
    handle->stream = stream;
  });
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* made) {
  return call([&] {
    expect(made, "a descriptor is made nowhere");
    const DescriptorRule* rule = rule_of(type);
    if (!rule)
      refuse(CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED,
             "no descriptor of type " + std::to_string(int(type)));
    const std::lock_guard lock(mutex);
    *made = reinterpret_cast<void*>(next_descriptor);
    descriptors[next_descriptor] = std::make_shared<Descriptor>(*rule);
    next_descriptor += 0x10;
  });
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t handle) {
  return call([&] {
    descriptor(handle)->destroyed = true;
    const std::lock_guard lock(mutex);
    descriptors.erase(reinterpret_cast<uintptr_t>(handle));
  });
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t handle) {
  return call([&] { descriptor(handle)->finalize(); });
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t handle,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count,
                                       const void* values) {
  return call(
      [&] { descriptor(handle)->set(name, type, count, values, parts(type, count, values)); });
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const handle,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t capacity,
                                       int64_t* count, void* values) {
  return call([&] {
    descriptor(handle)->get(name, type, capacity, count, values, parts(type, capacity, values));
  });
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  return call([&] {
    require(handle, "no handle");
    const Part what = descriptor(plan), on = descriptor(pack);
    expect(what->is<Plan>() && on->is<VariantPack>(),
           "what is executed is no finalized plan, or its memory no finalized variant pack");
    execute(handle, what->made<Plan>(), on->made<VariantPack>());
  });
}

// For tests: what was made and not destroyed.
size_t cuda_model_cudnn_alive() {
  const std::lock_guard lock(mutex);
  return descriptors.size() + size_t(handles_alive());
}

}  // extern "C"
