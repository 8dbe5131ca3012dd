// From a heuristic's proposals to a plan that can be kept as text and executed.
#pragma once
#include "tests/cuda_model/cudnn/engine.h"
#include "tests/cuda_model/cudnn/handle.h"

namespace cuda_model::cudnn {

struct Heuristic {};
struct EngineOfGraph {
  Graph graph;
  const Engine* engine;
};
struct KnobInfo {};
struct KnobChoice {
  cudnnBackendKnobType_t type;
  int64_t value;
};
struct Plan {
  Configuration configuration;
  std::string device;
};
struct VariantPack {
  std::map<int64_t, void*> memory;  // by the ids of tensors
  void* workspace = nullptr;
};

// These compute attributes, too: results, notes, knobs, bytes of workspace, text.
Heuristic make_heuristic(Descriptor&);
EngineOfGraph make_engine(Descriptor&);
KnobChoice make_knob_choice(const Descriptor&);
Configuration make_configuration(Descriptor&);
Plan make_plan(Descriptor&);
VariantPack make_variant_pack(const Descriptor&);

// Queues the plan on the handle's stream. Notices whatever is wrong with the memory.
void execute(cudnnHandle_t, const Plan&, const VariantPack&);

}  // namespace cuda_model::cudnn
