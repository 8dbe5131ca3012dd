#include "engine/cudnn/plan.h"

#include <algorithm>

#include "engine/base/error.h"

namespace engine {
namespace {

template <class Note> bool has(const std::vector<Note>& notes, Note note) {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

// Sums of half types are f32, always; products of f32 are f32 where the shape says so.
bool precise_enough(const std::vector<cudnnBackendNumericalNote_t>& notes, const ConvShape& s) {
  if (has(notes, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return false;
  if (s.dtype != DType::f32 || !s.exact_f32) return true;
  return !has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE) &&
         !has(notes, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
}

}  // namespace

std::vector<CudnnEngine> cudnn_engines(const CudnnDevice& device, const CudnnGraph& graph,
                                       const ConvShape& shape, bool fallback) {
  CudnnDescriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.graph);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE,
                fallback ? CUDNN_HEUR_MODE_FALLBACK : CUDNN_HEUR_MODE_A);
  device.bind_heuristic(heuristic);
  if (heuristic.try_finalize()) return {};
  std::vector<CudnnEngine> found;
  for (CudnnDescriptor& config :
       heuristic.parts(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR)) {
    auto engines = config.parts(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    SSD_CHECK(engines.size() == 1, "cuDNN: a configuration without an engine");
    const auto notes = engines[0].numerical_notes(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE);
    if (!precise_enough(notes, shape)) continue;
    const auto behavior = engines[0].behavior_notes(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE);
    found.push_back({std::move(config),
                     !has(notes, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC),
                     has(behavior, CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION),
                     has(notes, CUDNN_NUMERICAL_NOTE_TENSOR_CORE),
                     engines[0].number(CUDNN_ATTR_ENGINE_GLOBAL_INDEX),
                     {}});
  }
  return found;
}

CudnnPlan::CudnnPlan(std::shared_ptr<const CudnnDevice> device, const ConvShape& shape,
                     CudnnDescriptor plan)
    : device_(std::move(device)), bindings_(cudnn_bindings(shape)), plan_(std::move(plan)) {
  workspace_ = size_t(plan_.number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
  pointers_.resize(bindings_.size());
}

std::unique_ptr<CudnnPlan> CudnnPlan::build(std::shared_ptr<const CudnnDevice> device,
                                            const ConvShape& shape, const CudnnEngine& engine,
                                            std::string& refusal) {
  CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, engine.config);
  device->bind_plan(plan);
  if (const auto reason = plan.try_finalize()) {
    refusal = *reason;
    return nullptr;
  }
  return std::make_unique<CudnnPlan>(std::move(device), shape, std::move(plan));
}

std::unique_ptr<CudnnPlan> CudnnPlan::restore(std::shared_ptr<const CudnnDevice> device,
                                              const ConvShape& shape, const std::string& text) {
  CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set_text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, text);
  device->bind_plan(plan);  // without it cuDNN 9.19 crashes below
  if (plan.try_finalize()) return nullptr;
  return std::make_unique<CudnnPlan>(std::move(device), shape, std::move(plan));
}

std::string CudnnPlan::text() const {
  return plan_.text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
}

void CudnnPlan::bind(const ConvArgs& args) {
  bool bound = bool(pack_) && packed_workspace_ == args.workspace;
  for (size_t i = 0; i < bindings_.size(); ++i) {
    void* data = (args.*bindings_[i].view).data;
    bound = bound && pointers_[i] == data;
    pointers_[i] = data;
  }
  if (bound) return;
  pack_ = {};
  std::vector<int64_t> ids;
  for (const CudnnBinding& binding : bindings_) ids.push_back(binding.id);
  CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, pointers_);
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, args.workspace);
  pack.finalize();
  pack_ = std::move(pack);
  packed_workspace_ = args.workspace;
}

void CudnnPlan::run(kernels::Queue queue, const ConvArgs& args) {
  SSD_CHECK(device_->handle(), "a plan for a described device cannot be run");
  bind(args);
  const CudnnLibrary& library = cudnn_library();
  cudnn_check(library.SetStream(device_->handle(), cudaStream_t(queue.stream)), "cudnnSetStream");
  cudnn_check(library.BackendExecute(device_->handle(), plan_.get(), pack_.get()),
              "cudnnBackendExecute");
}

}  // namespace engine
