#include <cuda_runtime.h>

#include "engine/base/error.h"
#include "engine/cuda_check.h"
#include "engine/recorded_graph.h"

namespace engine {
namespace {

cudaGraph_t recorded(cudaStream_t stream, const std::function<void()>& work) {
  CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
  cudaGraph_t graph = nullptr;
  try {
    work();
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph) cudaGraphDestroy(graph);
    cudaGetLastError();  // reported here, not by the next launch
    throw;
  }
  CUDA_CHECK(cudaStreamEndCapture(stream, &graph));
  return graph;
}

}  // namespace

RecordedGraph::RecordedGraph(kernels::Queue queue, const std::function<void()>& work)
    : queue_(queue) {
  cudaGraph_t graph = recorded(cudaStream_t(queue.stream), work);
  graph_ = graph;
  cudaGraphExec_t executable = nullptr;
  try {
    CUDA_CHECK(cudaGraphInstantiate(&executable, graph, 0));
  } catch (...) {
    release();
    throw;
  }
  executable_ = executable;
}

RecordedGraph::~RecordedGraph() { release(); }

void RecordedGraph::release() {
  if (executable_) cudaGraphExecDestroy(cudaGraphExec_t(executable_));
  if (graph_) cudaGraphDestroy(cudaGraph_t(graph_));
}

void RecordedGraph::launch() {
  CUDA_CHECK(cudaGraphLaunch(cudaGraphExec_t(executable_), cudaStream_t(queue_.stream)));
}

}  // namespace engine
