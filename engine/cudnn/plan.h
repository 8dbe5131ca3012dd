// Asks cuDNN for engines for a graph, builds execution plans from them, keeps these as text, and
// runs them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/cudnn/graph.h"

namespace engine {

// An engine with its settings ("engine configuration"), from which a plan can be built.
struct CudnnEngine {
  CudnnDescriptor config;
  bool deterministic = true;
  bool compiled_at_run_time = false;
  bool tensor_cores = false;
  int64_t index = 0;                   // cuDNN's number of the engine, whatever its settings
  std::vector<CudnnDescriptor> parts;  // what `config` was made of, if we made it
};

// Returns the engines that cuDNN proposes for the graph of the shape, best first, without those
// that are less precise than the shape asks for (see exact_f32). With `fallback`, returns the
// slower engines, which support more.
std::vector<CudnnEngine> cudnn_engines(const CudnnDevice&, const CudnnGraph&, const ConvShape&,
                                       bool fallback);

// A plan that cuDNN runs alone. No operand is padded, and no other kernel runs before or after.
class CudnnPlan : public ConvPlan {
 public:
  CudnnPlan(std::shared_ptr<const CudnnDevice>, const ConvShape&, CudnnDescriptor finalized_plan);
  // Returns null if cuDNN refuses to build a plan from the engine; `refusal` then says why.
  static std::unique_ptr<CudnnPlan> build(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                          const CudnnEngine&, std::string& refusal);
  // Restores a plan from the text() of one for the same device and shape. Returns null if cuDNN
  // refuses it.
  static std::unique_ptr<CudnnPlan> restore(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                            const std::string& text);

  std::string text() const;  // JSON, cuDNN's own
  size_t workspace() const override { return workspace_; }
  void run(kernels::Queue, const ConvArgs&) override;

 private:
  void bind(const ConvArgs&);

  std::shared_ptr<const CudnnDevice> device_;
  std::vector<CudnnBinding> bindings_;
  CudnnDescriptor plan_;
  size_t workspace_;
  // The operands of the latest run. A training step repeats its addresses, so they are reused.
  CudnnDescriptor pack_;
  std::vector<void*> pointers_;
  void* packed_workspace_ = nullptr;
};

}  // namespace engine
