#include "engine/cudnn_trial.h"

#include <cuda_runtime.h>

#include "engine/error.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

constexpr int kTimedRuns = 5;

void check(cudaError_t status, const char* call) {
  if (status != cudaSuccess)
    fail(ExitCode::failed, "CUDA: ", call, ": ", cudaGetErrorString(status));
}

class Event {
 public:
  Event() { check(cudaEventCreate(&event_), "cudaEventCreate"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(kernels::Queue queue) {
    check(cudaEventRecord(event_, cudaStream_t(queue.stream)), "cudaEventRecord");
  }
  float since(const Event& start) const {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start.event_, event_), "cudaEventElapsedTime");
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace

CudnnTrial::CudnnTrial(Backend& backend, const ConvShape& shape)
    : backend_(backend), queue_(backend.queue(Lane::compute)) {
  for (const ConvOperand& o : conv_operands(shape)) {
    const size_t bytes = size_t(o.shape.size() * kernels::size_of(o.dtype));
    memory_.push_back(std::make_unique<Memory>(backend, bytes, Place::device));
    args_.*o.view = {memory_.back()->data(), o.dtype, o.shape};
    kernels::fill(queue_, args_.*o.view, 0.01);  // whatever lies there might be slow subnormals
  }
}

std::optional<float> CudnnTrial::time(ConvPlan& plan) { return attempt(plan, kTimedRuns); }

std::optional<float> CudnnTrial::attempt(ConvPlan& plan, int timed_runs) {
  try {
    Memory workspace(backend_, plan.workspace(), Place::device);
    args_.workspace = workspace.data();
    plan.run(queue_, args_);
    backend_.synchronize(queue_);
    return fastest_of(plan, timed_runs);
  } catch (const Error& error) {
    lacked_memory_ = lacked_memory_ || error.code() == ExitCode::resources;
    // A refused launch must not be reported by the next one. A kernel that failed on its way took
    // the CUDA context with it: that error comes again here, and is the caller's.
    cudaGetLastError();
    backend_.synchronize(queue_);
    return std::nullopt;
  }
}

float CudnnTrial::fastest_of(ConvPlan& plan, int runs) {
  float best = 0;
  Event start, end;
  for (int i = 0; i < runs; ++i) {
    start.record(queue_);
    plan.run(queue_, args_);
    end.record(queue_);
    backend_.synchronize(queue_);
    const float milliseconds = end.since(start);
    if (i == 0 || milliseconds < best) best = milliseconds;
  }
  return best;
}

}  // namespace engine
