// Graphs that captures made: instantiated, launched, destroyed.
#include "tests/cuda_model/calls.h"
#include "tests/cuda_model/settings.h"

using namespace cuda_model;

namespace {

// One launch of a graph. Each step runs one node whose dependencies have run.
class Launch {
 public:
  explicit Launch(std::shared_ptr<const std::vector<Node>> nodes)
      : nodes_(std::move(nodes)), done_(nodes_->size(), false) {}

  bool step() {
    const std::vector<int> ready = ready_nodes();
    if (ready.empty()) return true;
    const int chosen = ready[choose(ready.size())];
    done_[size_t(chosen)] = true;
    whole((*nodes_)[size_t(chosen)].work).step();
    return ready.size() == 1 && ready_nodes().empty();
  }

 private:
  std::vector<int> ready_nodes() const {
    std::vector<int> ready;
    for (size_t n = 0; n < nodes_->size(); ++n)
      if (!done_[n] && has_what_it_needs((*nodes_)[n])) ready.push_back(int(n));
    return ready;
  }
  bool has_what_it_needs(const Node& node) const {
    for (int n : node.after)
      if (!done_[size_t(n)]) return false;
    return true;
  }
  // A graph keeps only the order that its dependencies demand.
  static size_t choose(size_t n) {
    if (settings().schedule == Schedule::early) return 0;
    return settings().schedule == Schedule::late ? n - 1 : size_t(random_below(n));
  }

  std::shared_ptr<const std::vector<Node>> nodes_;
  std::vector<bool> done_;
};

cudaError_t launch(CUgraphExec_st* graph, CUstream_st* stream) {
  if (graph->destroyed) fail("a graph is launched after it was destroyed");
  if (cudaError_t broken = context_error(stream->device)) return broken;
  if (cudaError_t refused = refuse_captured(stream)) return refused;
  // "Each launch is ordered behind both any previous work in stream and any previous launches of
  // graphExec."
  const MomentPtr before = graph->latest;
  graph->latest = std::make_shared<Moment>();
  auto run = [launch = std::make_shared<Launch>(graph->nodes)] { return launch->step(); };
  submit(stream, {.awaited = before, .step = std::move(run), .reaches = graph->latest});
  return cudaSuccess;
}

}  // namespace

extern "C" {

cudaError_t CUDARTAPI cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph,
                                           unsigned long long) {
  Call call;
  if (!graph) return report(cudaErrorInvalidValue);
  if (graph->destroyed) fail("a graph is instantiated after it was destroyed");
  *executable = new CUgraphExec_st;
  (*executable)->nodes = std::make_shared<const std::vector<Node>>(graph->nodes);
  return cudaSuccess;
}

cudaError_t CUDARTAPI cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  Call call;
  return report(launch(executable, object_of(stream)));
}

cudaError_t CUDARTAPI cudaGraphDestroy(cudaGraph_t graph) {
  Call call;
  if (graph->destroyed) fail("a graph is destroyed twice");
  graph->destroyed = true;
  graph->nodes.clear();
  return cudaSuccess;
}

cudaError_t CUDARTAPI cudaGraphExecDestroy(cudaGraphExec_t executable) {
  Call call;
  if (executable->destroyed) fail("an executable graph is destroyed twice");
  executable->destroyed = true;
  executable->nodes = nullptr;  // a launch on its way keeps them
  return cudaSuccess;
}
}
