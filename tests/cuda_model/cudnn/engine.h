// The engines of the modelled cuDNN. Some of them are as bad as a real library's may be.
#pragma once
#include "tests/cuda_model/cudnn/graph.h"

namespace cuda_model::cudnn {

struct Engine {
  int64_t index;
  const char* name;
  // none: it works. refuses: no plan can be finalized. fails: the plan does not execute, or, if
  // waits_instead(), executes but cannot be recorded, since it waits for its stream. wrong: the
  // results of graphs with several operations are wrong by 1 % (5 % in bf16, whose own rounding is
  // coarse). greedy: it wants more workspace than anyone can give.
  enum class Fault { none, refuses, fails, wrong, greedy } fault;
  // How a sum of products is kept while it grows: in f32 or wider, or in the half type.
  bool half_sums;
  bool fuses;     // graphs of several operations; others know one convolution alone
  bool fallback;  // it is in the fallback list alone
  std::vector<cudnnBackendNumericalNote_t> notes;
  std::vector<cudnnBackendBehaviorNote_t> behavior;
  int64_t most_parts;   // sums can be split into so many parts (CUDNN_KNOB_TYPE_SPLIT_K_SLC)
  int64_t kernels = 1;  // it has so many, with other tiles (CUDNN_KNOB_TYPE_KERNEL_CFG)

  bool has(cudnnBackendNumericalNote_t) const;
  bool takes_any_channels() const { return fallback && behavior.empty(); }
};

// An engine with its settings, for a graph.
struct Configuration {
  Graph graph;
  const Engine* engine;
  int64_t parts = 1, kernel = 0;

  int64_t workspace() const;  // bytes
  std::string name() const;
};

bool waits_instead();  // with seeds from 100 on

const Engine* find_engine(int64_t index);  // null if there is none
bool supports(const Engine&, const Graph&);
// What a heuristic proposes, best first. By cuda_model::seed() there are libraries with different
// gifts, and the order changes:
//   seed % 5 = 1  every kind of graph
//            2    nothing fused
//            3    nothing fused, and nothing added to a result
//            4    no f32 gradients of weights from half types, no statistics
//            0    only fallback engines
std::vector<Configuration> proposals(const Graph&, cudnnBackendHeurMode_t);

}  // namespace cuda_model::cudnn
