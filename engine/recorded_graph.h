// Work of a CUDA queue, recorded as a CUDA graph and run as often as wanted.
#pragma once
#include <functional>

#include "kernels/queue.h"

namespace engine {

class RecordedGraph {
 public:
  // Records what `work` queues on `queue`, and on queues that wait for it. Nothing runs. If `work`
  // throws, or the device cannot record what it queues, throws and leaves the queue usable.
  RecordedGraph(kernels::Queue queue, const std::function<void()>& work);
  ~RecordedGraph();
  RecordedGraph(const RecordedGraph&) = delete;
  RecordedGraph& operator=(const RecordedGraph&) = delete;

  void launch();  // on the queue

 private:
  void release();

  kernels::Queue queue_;
  [[maybe_unused]] void *graph_ = nullptr, *executable_ = nullptr;  // cudaGraph_t, cudaGraphExec_t
};

}  // namespace engine
