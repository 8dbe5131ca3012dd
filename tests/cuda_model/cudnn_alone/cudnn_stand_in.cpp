#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"

#include <cuda_runtime_api.h>

#include <chrono>
#include <cstdio>
#include <cstring>

#include "engine/recorded_graph.h"

namespace tests {

CudaStandIn& cuda_stand_in() {
  static CudaStandIn stand_in;
  return stand_in;
}

}  // namespace tests

namespace cuda_model {

cudaError_t enqueue(cudaStream_t, std::function<void()> work, std::string name) {
  tests::CudaStandIn& s = tests::cuda_stand_in();
  if (s.enqueued != cudaSuccess) return s.enqueued;
  ++s.queued;
  if (s.milliseconds) s.passed += s.milliseconds(name);
  work();
  return cudaSuccess;
}

bool is_destroyed(cudaStream_t) { return false; }
bool is_device_pointer(const void*) { return tests::cuda_stand_in().in_device_memory; }
size_t bytes_behind(const void*) { return tests::cuda_stand_in().bytes_behind; }
uint64_t seed() { return tests::cuda_stand_in().seed; }
void fail(const std::string& what) { throw tests::RuleBroken{what}; }

}  // namespace cuda_model

// Kernels run on the host here, where nothing records them: a replay queues the work again.
namespace engine {

RecordedGraph::RecordedGraph(kernels::Queue queue, const std::function<void()>& work)
    : queue_(queue), graph_(new std::function<void()>(work)) {}
RecordedGraph::~RecordedGraph() { release(); }
void RecordedGraph::release() { delete static_cast<std::function<void()>*>(graph_); }
void RecordedGraph::launch() { (*static_cast<std::function<void()>*>(graph_))(); }

}  // namespace engine

// What the engine's cuDNN code and the model of cuDNN call of the runtime.
extern "C" {

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return tests::cuda_stand_in().devices > 0 ? cudaSuccess : cudaErrorNoDevice;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::snprintf(properties->name, sizeof properties->name, "Modelled GPU");
  properties->major = 9;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "an error of the stand-in"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaErrorOfTheStandIn"; }

struct CUevent_st {
  std::chrono::steady_clock::time_point at;
  float passed = 0;
};
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  event->at = std::chrono::steady_clock::now();
  event->passed = tests::cuda_stand_in().passed;
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  *milliseconds = tests::cuda_stand_in().milliseconds
                      ? end->passed - start->passed
                      : std::chrono::duration<float, std::milli>(end->at - start->at).count();
  return cudaSuccess;
}

}  // extern "C"
