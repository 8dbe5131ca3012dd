// One NVIDIA GPU: memory, streams, events, graphs. Its convolutions are in cudnn/conv.cpp.
#include <cuda_runtime.h>

#include <array>

#include "engine/backend.h"
#include "engine/base/error.h"
#include "engine/cuda_check.h"
#include "engine/cudnn/conv.h"
#include "engine/device_wait.h"
#include "engine/device_words.h"
#include "engine/recorded_graph.h"

namespace engine {
namespace {

constexpr int kLanes = 3, kBranches = 16;

class CudaBackend : public Backend {
 public:
  CudaBackend(int ordinal, const BackendOptions& options) : ordinal_(ordinal), options_(options) {
    CUDA_CHECK(cudaSetDevice(ordinal));
    for (cudaStream_t& stream : streams_)
      CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    for (cudaEvent_t& event : events_)
      CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  }

  ~CudaBackend() override {
    convs_.reset();  // cuDNN may still use the streams while it closes
    for (cudaEvent_t event : events_) cudaEventDestroy(event);
    for (cudaStream_t stream : streams_) cudaStreamDestroy(stream);
  }

  std::string name() const override {
    cudaDeviceProp properties;
    CUDA_CHECK(cudaGetDeviceProperties(&properties, ordinal_));
    return base::concatenate(kGpuWord, ":", ordinal_, " ", properties.name);
  }
  kernels::Queue queue(Lane lane) override {
    return {.gpu = true, .stream = streams_[size_t(lane)]};
  }
  kernels::Queue branch(int index) override {
    return {.gpu = true, .stream = streams_[size_t(kLanes + index % kBranches)]};
  }
  size_t free_memory() override {
    size_t free = 0, total = 0;
    CUDA_CHECK(cudaMemGetInfo(&free, &total));
    return free;
  }

  void* allocate(size_t bytes, MemoryKind kind) override {
    void* p = nullptr;
    const size_t wanted = bytes ? bytes : 1;
    cudaError_t status = kind == MemoryKind::device
                             ? cudaMalloc(&p, wanted)
                             : cudaHostAlloc(&p, wanted, cudaHostAllocDefault);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();  // reported here, not by the next launch
      base::fail(base::ExitCode::resources, "out of ",
                 kind == MemoryKind::device ? "GPU" : "pinned host", " memory: ", bytes >> 20,
                 " MiB wanted, ", free_memory() >> 20, " MiB of the GPU's are free");
    }
    check_cuda(status, "allocate");
    return p;
  }
  void release(void* p, MemoryKind kind) noexcept override {
    const DeviceWait wait;
    cudaDeviceSynchronize();  // queued work may use the memory; cudaFree may wait for it, or not
    kind == MemoryKind::device ? cudaFree(p) : cudaFreeHost(p);
  }

  void copy(void* to, const void* from, size_t bytes, kernels::Queue queue) override {
    if (bytes == 0) return;
    const DeviceWait wait;  // for earlier work, if the host's memory is not pinned
    CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, cudaStream_t(queue.stream)));
  }

  void wait(kernels::Queue waiting, kernels::Queue awaited) override {
    cudaEvent_t event = events_[index_of(awaited)];
    CUDA_CHECK(cudaEventRecord(event, cudaStream_t(awaited.stream)));
    CUDA_CHECK(cudaStreamWaitEvent(cudaStream_t(waiting.stream), event, 0));
  }

  void synchronize(kernels::Queue queue) override {
    SSD_CHECK(!recording_, "a step must not wait for the device");
    const DeviceWait wait;
    CUDA_CHECK(cudaStreamSynchronize(cudaStream_t(queue.stream)));
  }

  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) override {
    SSD_CHECK(!recording_, "a recorded step must not meet a new convolution");
    return convs().plan(shape);
  }
  void prepare(const std::vector<ConvShape>& shapes) override { convs().prepare(shapes); }

  std::function<void()> record(kernels::Queue queue, const std::function<void()>& work) override {
    std::shared_ptr<RecordedGraph> graph;
    recording_ = true;
    try {
      graph = std::make_shared<RecordedGraph>(queue, work);
      recording_ = false;
    } catch (const std::exception& error) {
      recording_ = false;
      tell_unrecorded(error.what());
      return {};
    }
    graph->launch();  // recording ran nothing
    return [graph] { graph->launch(); };
  }

 private:
  ConvMaker& convs() {
    if (!convs_) convs_ = make_cudnn_convs(*this, ordinal_, options_);
    return *convs_;
  }

  void tell_unrecorded(const std::string& reason) const {
    if (options_.tell)
      options_.tell("warning: a step cannot be recorded as a CUDA graph, so each is queued anew: " +
                    reason);
  }

  size_t index_of(kernels::Queue queue) const {
    for (size_t i = 0; i < streams_.size(); ++i)
      if (streams_[i] == queue.stream) return i;
    base::fail(base::ExitCode::failed, "a queue of another device");
  }

  int ordinal_;
  BackendOptions options_;
  std::unique_ptr<ConvMaker> convs_;  // made with the first plan
  bool recording_ = false;
  std::array<cudaStream_t, kLanes + kBranches> streams_{};
  std::array<cudaEvent_t, kLanes + kBranches> events_{};  // the latest wait for each stream
};

// How many GPUs there are and, if there are none, why.
struct Devices {
  int count = 0;
  std::string problem;
};

Devices find_devices() {
  Devices found;
  cudaError_t status = cudaGetDeviceCount(&found.count);
  if (status == cudaSuccess) return found;
  cudaGetLastError();
  return {.count = 0,
          .problem = status == cudaErrorInsufficientDriver
                         ? "there is no NVIDIA driver, or one too old for this build"
                         : cudaGetErrorString(status)};
}

}  // namespace

int cuda_devices() { return find_devices().count; }

std::unique_ptr<Backend> make_cuda_backend(int ordinal, const BackendOptions& options) {
  const Devices found = find_devices();
  if (found.count == 0)
    base::fail(base::ExitCode::resources, "device cuda:", ordinal, ": no GPU on this machine",
               found.problem.empty() ? "" : " (" + found.problem + ")", "; use --device cpu");
  if (ordinal >= found.count)
    base::fail(base::ExitCode::resources, "device cuda:", ordinal, ": this machine has ",
               found.count, " GPUs, cuda:0 to cuda:", found.count - 1);
  return std::make_unique<CudaBackend>(ordinal, options);
}

}  // namespace engine
