// Execution plans: what cuDNN offers for a graph, built, kept as text, and run.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/cudnn/graph.h"

namespace engine {

// One engine with its settings; not yet built.
struct CudnnCandidate {
  CudnnDescriptor config;
  bool deterministic = true;
  bool compiled_at_run_time = false;
};

// What cuDNN proposes for the graph, best first, without what the shape forbids (see exact_f32).
// Empty where there is nothing. `fallback`: the slower ones that support more.
std::vector<CudnnCandidate> cudnn_candidates(const CudnnDevice&, const CudnnGraph&,
                                             const ConvShape&, bool fallback);

// A plan of cuDNN's alone: no operand is padded, nothing runs before or after.
class CudnnPlan : public ConvPlan {
 public:
  CudnnPlan(std::shared_ptr<const CudnnDevice>, const ConvShape&, CudnnDescriptor finalized_plan);
  // Null where cuDNN refuses to build the candidate.
  static std::unique_ptr<CudnnPlan> build(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                          const CudnnCandidate&);
  // From text(), for the same device and shape; null where cuDNN refuses it.
  static std::unique_ptr<CudnnPlan> restore(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                            const std::string& text);

  std::string text() const;
  size_t workspace() const override { return workspace_; }
  void run(kernels::Queue, const ConvArgs&) override;

 private:
  void bind(const ConvArgs&);

  std::shared_ptr<const CudnnDevice> device_;
  std::vector<CudnnBinding> bindings_;
  CudnnDescriptor plan_;
  size_t workspace_;
  // The operands of the latest run; a step repeats its addresses.
  CudnnDescriptor pack_;
  std::vector<void*> pointers_;
  void* packed_workspace_ = nullptr;
};

}  // namespace engine
