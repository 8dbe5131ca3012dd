// Linked instead of queue_events_cuda.cpp where the build has no CUDA.
#include "benchmarks/op/queue_events.h"

namespace benchmarks {

struct QueueEvents::Events {};
QueueEvents::QueueEvents() = default;
QueueEvents::~QueueEvents() = default;
void QueueEvents::record(kernels::Queue) {}
std::vector<double> QueueEvents::take() { return {}; }

}  // namespace benchmarks
