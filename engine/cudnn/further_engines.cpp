#include "engine/cudnn/further_engines.h"

#include <algorithm>
#include <optional>

namespace engine {
namespace {

// cuDNN numbers the kernels of an engine by their tiles. In the engine for Hopper of cuDNN 9.19, 6
// is 128x64x64 and 16 is 64x64x32; the engine's own choice is 256x64x64. If the numbers mean
// something else in another version, those kernels are timed like any others, or refused.
constexpr int64_t kOwnChoice = -1, kTile128x64 = 6, kTile64x64 = 16;

struct Setting {
  int64_t parts, kernel;
};
// This engine divides a sum into more parts the larger its tile is, and into none for convolutions
// larger than 1x1.
constexpr Setting kForGradWeight[] = {{8, kOwnChoice},
                                      {4, kTile128x64},
                                      {2, kTile64x64},
                                      {kOwnChoice, kTile128x64},
                                      {kOwnChoice, kTile64x64}};
constexpr Setting kForOthers[] = {{kOwnChoice, kTile128x64}, {kOwnChoice, kTile64x64}};

std::vector<Setting> settings_for(ConvPass pass) {
  if (pass == ConvPass::grad_weight) return {std::begin(kForGradWeight), std::end(kForGradWeight)};
  return {std::begin(kForOthers), std::end(kForOthers)};
}

bool is_ready(const CudnnEngine& engine) {
  return engine.tensor_cores && !engine.compiled_at_run_time;
}

bool worth_more(const CudnnEngine& engine) {
  return engine.compiled_at_run_time && engine.tensor_cores;
}

int count_of(int64_t index, const std::vector<CudnnEngine>& engines) {
  return int(std::count_if(engines.begin(), engines.end(),
                           [&](const CudnnEngine& e) { return e.index == index; }));
}

// Adds the value of a knob to `parts`, unless the value is left to cuDNN.
void choose(cudnnBackendKnobType_t knob, int64_t value, std::vector<CudnnDescriptor>& parts) {
  if (value == kOwnChoice) return;
  CudnnDescriptor choice(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
  choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, knob);
  choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
  choice.finalize();
  parts.push_back(std::move(choice));
}

// Returns the engine in this setting, or nothing if the engine does not accept it.
std::optional<CudnnEngine> in_setting(const CudnnDevice& device, const CudnnGraph& graph,
                                      const CudnnEngine& like, const Setting& setting) {
  CudnnEngine made{CudnnDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR),
                   like.deterministic,
                   like.compiled_at_run_time,
                   like.tensor_cores,
                   like.index,
                   {}};
  choose(CUDNN_KNOB_TYPE_SPLIT_K_SLC, setting.parts, made.parts);
  choose(CUDNN_KNOB_TYPE_KERNEL_CFG, setting.kernel, made.parts);
  std::vector<const CudnnDescriptor*> choices;
  for (const CudnnDescriptor& choice : made.parts) choices.push_back(&choice);
  CudnnDescriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph.graph);
  engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, like.index);
  device.bind_engine(engine);
  if (engine.try_finalize()) return std::nullopt;
  made.config.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  made.config.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, choices);
  if (made.config.try_finalize()) return std::nullopt;
  made.parts.push_back(std::move(engine));
  return made;
}

}  // namespace

std::vector<CudnnEngine> further_engines(const CudnnDevice& device, const CudnnGraph& graph,
                                         const ConvShape& shape,
                                         const std::vector<CudnnEngine>& proposed) {
  if (std::any_of(proposed.begin(), proposed.end(), is_ready)) return {};
  std::vector<CudnnEngine> further;
  for (CudnnEngine& engine : cudnn_engines(device, graph, shape, true))
    if (int(further.size()) < kMostFallbackEngines && worth_more(engine) &&
        count_of(engine.index, proposed) == 0)
      further.push_back(std::move(engine));
  std::vector<const CudnnEngine*> single;  // in one setting
  auto look = [&](const std::vector<CudnnEngine>& engines) {
    for (const CudnnEngine& engine : engines)
      if (worth_more(engine) && count_of(engine.index, engines) == 1) single.push_back(&engine);
  };
  look(proposed);
  look(further);
  std::vector<CudnnEngine> set;
  for (const CudnnEngine* engine : single)
    for (const Setting& setting : settings_for(shape.pass)) {
      if (int(set.size()) == kMostSettings) break;
      if (auto made = in_setting(device, graph, *engine, setting)) set.push_back(std::move(*made));
    }
  for (CudnnEngine& engine : set) further.push_back(std::move(engine));
  return further;
}

}  // namespace engine
