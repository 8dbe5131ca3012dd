// Points in the time of a GPU's queue; without CUDA there is no such queue, and nothing to record.
#pragma once
#include <memory>
#include <vector>

#include "kernels/queue.h"

namespace benchmarks {

class QueueEvents {
 public:
  QueueEvents();
  ~QueueEvents();
  // Notes when the work queued so far is done; the host goes on.
  void record(kernels::Queue);
  // Seconds from the first recorded point to each. Waits for the last, and forgets them.
  std::vector<double> take();

 private:
  struct Events;
  std::unique_ptr<Events> events_;
};

}  // namespace benchmarks
