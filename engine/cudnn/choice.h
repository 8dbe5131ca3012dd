// Chooses cuDNN's plan for a convolution among its candidates.
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

// The candidates come in stages. A stage is tried only if no plan of the earlier ones can be built:
// 0. fused and unfused convolutions by cuDNN's better engines;
// 1. convolutions that round once more (narrow_candidates), unless the shape lets them compete in
//    stage 0;
// 2. all of these by cuDNN's fallback engines.
// An optional() shape has stage 0 only, since a fallback engine would cost more than the fusion
// saves.
int cudnn_stages(const ConvShape&);
// Returns the candidates of one stage, best first: in the order of the convolutions, and each with
// its engines in cuDNN's order.
std::vector<CudnnCandidate> cudnn_candidates(const CudnnDevice&, const ConvShape&, int stage);

// Returns candidates beyond those of stage 0, for timing: see further_engines. They need not be as
// fast as cuDNN's proposals.
std::vector<CudnnCandidate> further_candidates(const CudnnDevice&, const ConvShape&);

// The bytes of workspace that a plan for the shape may ask for.
size_t workspace_limit(const ConvShape&);

// Watches attempts to build plans. `may_try` is called before each attempt. If it returns false,
// the attempt is left out. If `may_try` is empty, every attempt is made. The other fields count
// engines that have to be compiled.
struct CudnnAttempts {
  std::function<bool()> may_try;
  int compiled = 0, refused = 0;
  std::string refusal;  // cuDNN's words for the first one that it refused
};

// Builds the plan of a candidate. Returns nothing if cuDNN refuses or the workspace is too large.
std::optional<ConvChoice> build(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                const CudnnCandidate&, CudnnAttempts* = nullptr);
// Returns the first candidate of all stages whose plan can be built and is accepted. With
// `deterministic`, engines that cuDNN calls non-deterministic are left out.
std::optional<ConvChoice> choose_first(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                       const std::function<bool(ConvPlan&)>& accepted,
                                       bool deterministic = true, CudnnAttempts* = nullptr);
// Restores the choice with this candidate's name and this plan_text. Returns nothing if that fails.
std::optional<ConvChoice> restore(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                  const std::string& candidate, const std::string& plan_text);

}  // namespace engine
