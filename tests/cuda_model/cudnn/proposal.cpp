// Heuristics, engines, knobs, configurations.
#include "tests/cuda_model/cudnn/plan.h"

namespace cuda_model::cudnn {
namespace {

constexpr auto kPartsKnob = CUDNN_KNOB_TYPE_SPLIT_K_SLC, kKernelKnob = CUDNN_KNOB_TYPE_KERNEL_CFG;

Part knob_info(cudnnBackendKnobType_t knob, int64_t smallest, int64_t largest) {
  Part info = Descriptor::computed(CUDNN_BACKEND_KNOB_INFO_DESCRIPTOR, KnobInfo{});
  info->compute<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_INFO_TYPE, {knob});
  info->compute<int64_t>(CUDNN_ATTR_KNOB_INFO_MINIMUM_VALUE, {smallest});
  info->compute<int64_t>(CUDNN_ATTR_KNOB_INFO_MAXIMUM_VALUE, {largest});
  info->compute<int64_t>(CUDNN_ATTR_KNOB_INFO_STRIDE, {1});
  return info;
}

void describe(const Engine& engine, Descriptor& d) {
  d.compute<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, {engine.index});
  d.compute(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, engine.notes);
  d.compute(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, engine.behavior);
  std::vector<Part> knobs;
  if (engine.most_parts > 1) knobs.push_back(knob_info(kPartsKnob, 1, engine.most_parts));
  if (engine.kernels > 1) knobs.push_back(knob_info(kKernelKnob, 0, engine.kernels - 1));
  if (!knobs.empty()) d.compute_parts(CUDNN_ATTR_ENGINE_KNOB_INFO, knobs);
}

Part knob_choice(int64_t parts) {
  Part choice =
      Descriptor::computed(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, KnobChoice{kPartsKnob, parts});
  choice->compute<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, {kPartsKnob});
  choice->compute<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, {parts});
  return choice;
}

Part proposed(const Configuration& c) {
  Part engine =
      Descriptor::computed(CUDNN_BACKEND_ENGINE_DESCRIPTOR, EngineOfGraph{c.graph, c.engine});
  describe(*c.engine, *engine);
  Part made = Descriptor::computed(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, c);
  made->compute_parts(CUDNN_ATTR_ENGINECFG_ENGINE, {engine});
  if (c.engine->most_parts > 1)
    made->compute_parts(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, {knob_choice(c.parts)});
  made->compute<int64_t>(CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE, {c.workspace()});
  return made;
}

}  // namespace

Heuristic make_heuristic(Descriptor& d) {
  const auto& graph = d.made_of<Graph>(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH);
  const Descriptor& of = *d.parts(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH)[0];
  expect(d.has(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP) || of.has(CUDNN_ATTR_OPERATIONGRAPH_HANDLE),
         "a heuristic is for no device");
  const auto mode = d.value<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE);
  expect(mode >= 0 && mode < CUDNN_HEUR_MODES_COUNT, "there is no such mode of heuristics");
  std::vector<Part> results;
  for (const Configuration& c : proposals(graph, mode)) results.push_back(proposed(c));
  d.compute_parts(CUDNN_ATTR_ENGINEHEUR_RESULTS, std::move(results));
  return {};
}

EngineOfGraph make_engine(Descriptor& d) {
  const auto& graph = d.made_of<Graph>(CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
  const Engine* engine = find_engine(d.value<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  if (!engine || !supports(*engine, graph))
    refuse(CUDNN_STATUS_NOT_SUPPORTED, "no engine of this index for this graph");
  describe(*engine, d);
  return {graph, engine};
}

KnobChoice make_knob_choice(const Descriptor& d) {
  return {d.value<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
          d.value<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE)};
}

Configuration make_configuration(Descriptor& d) {
  const auto& chosen = d.made_of<EngineOfGraph>(CUDNN_ATTR_ENGINECFG_ENGINE);
  Configuration c{chosen.graph, chosen.engine};
  for (const Part& part : d.parts(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES)) {
    expect(part->is<KnobChoice>(), "a knob's choice is something else");
    const auto& knob = part->made<KnobChoice>();
    const bool of_parts = knob.type == kPartsKnob, of_kernels = knob.type == kKernelKnob;
    const int64_t first = of_parts ? 1 : 0;
    const int64_t last = of_parts ? chosen.engine->most_parts : chosen.engine->kernels - 1;
    if (!(of_parts || of_kernels) || knob.value < first || knob.value > last)
      refuse(CUDNN_STATUS_NOT_SUPPORTED, "the engine has no such knob, or not this value");
    (of_parts ? c.parts : c.kernel) = knob.value;
  }
  d.compute<int64_t>(CUDNN_ATTR_ENGINECFG_WORKSPACE_SIZE, {c.workspace()});
  return c;
}

}  // namespace cuda_model::cudnn
