#include <cuda_runtime.h>

#include "benchmarks/op/queue_events.h"
#include "engine/base/error.h"

namespace benchmarks {
namespace {

void check(cudaError_t status) {
  if (status != cudaSuccess)
    base::fail(base::ExitCode::failed, "CUDA: timing events: ", cudaGetErrorString(status));
}

}  // namespace

struct QueueEvents::Events {
  std::vector<cudaEvent_t> made;  // kept for the next round
  size_t recorded = 0;
};

QueueEvents::QueueEvents() : events_(std::make_unique<Events>()) {}

QueueEvents::~QueueEvents() {
  for (cudaEvent_t event : events_->made) cudaEventDestroy(event);
}

void QueueEvents::record(kernels::Queue queue) {
  Events& e = *events_;
  if (e.recorded == e.made.size()) check(cudaEventCreate(&e.made.emplace_back()));
  check(cudaEventRecord(e.made[e.recorded++], cudaStream_t(queue.stream)));
}

std::vector<double> QueueEvents::take() {
  Events& e = *events_;
  std::vector<double> seconds;
  if (e.recorded > 0) check(cudaEventSynchronize(e.made[e.recorded - 1]));
  for (size_t i = 0; i < e.recorded; ++i) {
    float ms = 0;
    check(cudaEventElapsedTime(&ms, e.made[0], e.made[i]));
    seconds.push_back(1e-3 * double(ms));
  }
  e.recorded = 0;
  return seconds;
}

}  // namespace benchmarks
