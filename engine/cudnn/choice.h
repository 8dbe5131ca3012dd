// Chooses cuDNN's plan for a convolution from the candidates that there are.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/conv/candidate.h"
#include "engine/cudnn/plan.h"

namespace engine {

// One way to carry out a convolution by cuDNN: an inner convolution and an engine for it.
struct CudnnCandidate {
  ConvCandidate conv;
  std::shared_ptr<const CudnnGraph> graph;  // of conv.inner
  CudnnEngine engine;
};

// The candidates come in stages, and a stage is looked at only if nothing of the earlier ones can
// be built: 0 has the fused and the unfused convolutions by cuDNN's better engines, 1 those that
// round once more (narrow_candidates), 2 everything by cuDNN's fallback engines. An optional()
// shape has stage 0 only, since a fallback engine would cost more than the fusion saves.
int cudnn_stages(const ConvShape&);
// One stage, by falling preference: in the order of the convolutions, and each one's engines best
// first.
std::vector<CudnnCandidate> cudnn_candidates(const CudnnDevice&, const ConvShape&, int stage);

// Bytes of workspace that a plan for the shape may ask for.
size_t workspace_limit(const ConvShape&);

struct CudnnChoice {
  std::string candidate;  // ConvCandidate::name
  bool compiled_at_run_time = false;
  std::string plan_text;           // of cuDNN's plan for the inner convolution
  std::unique_ptr<ConvPlan> plan;  // for the shape itself
};

// What goes on around attempts to build plans. `may_try` is asked before each; false: it is left
// out. Empty: all are made. The rest is about engines that have to be compiled.
struct CudnnAttempts {
  std::function<bool()> may_try;
  int compiled = 0, refused = 0;
  std::string refusal;  // cuDNN's words for the first that was refused
};

// Builds the plan of a candidate. Nothing if cuDNN refuses or the workspace is too large.
std::optional<CudnnChoice> build(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                 const CudnnCandidate&, CudnnAttempts* = nullptr);
// The first candidate of all stages whose plan can be built and is accepted. With `deterministic`,
// engines that cuDNN calls non-deterministic are left out.
std::optional<CudnnChoice> choose_first(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                        const std::function<bool(ConvPlan&)>& accepted,
                                        bool deterministic = true, CudnnAttempts* = nullptr);
// The choice with this candidate's name and this plan_text. Nothing if it cannot be restored.
std::optional<CudnnChoice> restore(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                   const std::string& candidate, const std::string& plan_text);

}  // namespace engine
