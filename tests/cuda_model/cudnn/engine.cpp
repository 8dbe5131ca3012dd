#include "tests/cuda_model/cudnn/engine.h"

#include <algorithm>

namespace cuda_model::cudnn {
namespace {

using Fault = Engine::Fault;

const std::vector<Engine>& engines() {
  constexpr auto kTensorCore = CUDNN_NUMERICAL_NOTE_TENSOR_CORE;
  constexpr auto kNarrow = CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS;
  constexpr auto kCompiled = CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
  static const std::vector<Engine> all{
      {10, "refusing", Fault::refuses, false, true, false, {}, {}, 1},
      {11, "failing", Fault::fails, false, true, false, {}, {}, 1},
      {12, "wrong", Fault::wrong, false, true, false, {}, {}, 1},
      {13, "greedy", Fault::greedy, false, true, false, {}, {}, 1},
      {14,
       "unordered",
       Fault::none,
       false,
       true,
       false,
       {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC},
       {},
       1},
      {15,
       "half sums",
       Fault::none,
       true,
       true,
       false,
       {kTensorCore, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION},
       {},
       1},
      {16, "ready", Fault::none, false, false, false, {kTensorCore, kNarrow}, {}, 1},
      {17, "compiled", Fault::none, false, true, false, {kTensorCore, kNarrow}, {kCompiled}, 8},
      {18, "exact", Fault::none, false, true, false, {}, {}, 1},
      {30, "fallback", Fault::none, false, false, true, {}, {}, 1},
      {31, "hidden", Fault::none, false, true, true, {kTensorCore, kNarrow}, {kCompiled}, 8, 20},
  };
  return all;
}

bool half(cudnnDataType_t type) { return type != CUDNN_DATA_FLOAT; }

// Half types are read in words of 16 bytes; the first convolution may have four channels.
bool whole_words(const Convolution& c) {
  if (!half(c.w.type) && !half(c.x.type)) return true;
  const bool in = c.x.dims[1] % 8 == 0 || (c.pass != Pass::backward_data && c.x.dims[1] == 4);
  return in && c.y.dims[1] % 8 == 0;
}

bool one_type(const Convolution& c, bool alone) {
  const cudnnDataType_t x = c.x.type, w = c.w.type, y = c.y.type;
  if (c.pass == Pass::forward) return x == w && (!alone || y == x);
  if (c.pass == Pass::backward_data) return y == w && (!alone || x == y);
  return x == y && (!alone || w == x);
}

template <class Kind> bool contains(const Graph& graph) {
  return std::any_of(graph.operations.begin(), graph.operations.end(),
                     [](const Operation& o) { return std::holds_alternative<Kind>(o); });
}

bool masks(const Graph& graph) {
  return std::any_of(graph.operations.begin(), graph.operations.end(), [](const Operation& o) {
    auto* p = std::get_if<Pointwise>(&o);
    return p && p->rule.mode == CUDNN_POINTWISE_RELU_BWD;
  });
}

// What this library, by its seed, has no engine for.
bool beyond(const Graph& graph) {
  const Convolution& c = graph.convolution();
  const bool fused = graph.operations.size() > 1;
  switch (seed() % 5) {
    case 1:
      return false;
    case 2:
      return fused;
    case 3:
      return fused || c.beta != 0;
    case 4:
      return contains<Statistics>(graph) || (fused && c.pass == Pass::backward_filter);
    default:
      return true;
  }
}

}  // namespace

bool Engine::has(cudnnBackendNumericalNote_t note) const {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

// Parts of a sum that are computed apart are kept in f32. An engine of one part wants a little,
// too, to be noticed where it gets less.
int64_t Configuration::workspace() const {
  if (engine->fault == Fault::greedy) return int64_t(1) << 40;
  const Tensor& made = result(graph.convolution());
  if (parts > 1) return parts * made.size() * int64_t(sizeof(float));
  return engine->index % 2 ? 0 : 1000 + 16 * engine->index;
}

std::string Configuration::name() const {
  std::string text = std::string("cuDNN's engine '") + engine->name + "'";
  if (parts > 1) text += " in " + std::to_string(parts) + " parts";
  if (kernel > 0) text += " by kernel " + std::to_string(kernel);
  return text;
}

bool waits_instead() { return seed() >= 100; }

const Engine* find_engine(int64_t index) {
  for (const Engine& engine : engines())
    if (engine.index == index) return &engine;
  return nullptr;
}

bool supports(const Engine& engine, const Graph& graph) {
  const Convolution& c = graph.convolution();
  const bool fused = graph.operations.size() > 1;
  if (!one_type(c, !fused) || (fused && !engine.fuses)) return false;
  if (engine.half_sums && !half(c.y.type)) return false;
  if (engine.takes_any_channels()) return true;
  if (engine.fault == Fault::wrong && !fused) return false;
  // As on real cards: full f32 products only where little is fused.
  const bool rich = contains<Statistics>(graph) || contains<Reduction>(graph) || masks(graph);
  const bool exact = !half(c.y.type) && !engine.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE);
  return whole_words(c) && !beyond(graph) && !(rich && exact);
}

std::vector<Configuration> proposals(const Graph& graph, cudnnBackendHeurMode_t mode) {
  std::vector<Configuration> found;
  for (const Engine& engine : engines()) {
    if (engine.fallback != (mode == CUDNN_HEUR_MODE_FALLBACK) || !supports(engine, graph)) continue;
    const int64_t most = engine.fallback ? 1 : engine.most_parts;
    for (int64_t parts = 1; parts <= most; parts *= 4) found.push_back({graph, &engine, parts});
  }
  if (!found.empty())
    std::rotate(found.begin(), found.begin() + long(seed() / 5 % found.size()), found.end());
  return found;
}

}  // namespace cuda_model::cudnn
