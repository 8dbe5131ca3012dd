// Which of the many ways to carry out a convolution is taken.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/conv/recipe.h"
#include "engine/cudnn/plan.h"

namespace engine {

// One way: a recipe with one engine of cuDNN's for its inner shape.
struct CudnnOffer {
  ConvRecipe recipe;
  std::shared_ptr<const CudnnGraph> graph;  // of the candidate
  CudnnCandidate candidate;
};

// What there is for a shape, by falling preference; a later stage is looked at only when nothing
// of the earlier ones can be had: fused and unfused recipes by cuDNN's better engines, then those
// that round once more, then everything by what cuDNN calls fallback, which a fusion that nobody
// depends on is not worth. Within a stage recipes follow each other, best engine first.
int cudnn_stages(const ConvShape&);
std::vector<CudnnOffer> cudnn_offers(const CudnnDevice&, const ConvShape&, int stage);

// Bytes of workspace that a plan for the shape may ask for.
size_t workspace_limit(const ConvShape&);

struct CudnnChoice {
  std::string recipe;
  bool compiled_at_run_time = false;
  std::string plan_text;           // of cuDNN's plan
  std::unique_ptr<ConvPlan> plan;  // for the shape itself
};

// Builds an offer; nothing where cuDNN refuses or the workspace is too large.
std::optional<CudnnChoice> build(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                 const CudnnOffer&);
// The first offer that can be built and is accepted; deterministic ones only, or all.
std::optional<CudnnChoice> choose_first(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                        const std::function<bool(ConvPlan&)>& accepted,
                                        bool deterministic = true);
// The choice whose plan_text and recipe these are; nothing where it cannot be restored.
std::optional<CudnnChoice> restore(std::shared_ptr<const CudnnDevice>, const ConvShape&,
                                   const std::string& recipe, const std::string& plan_text);

}  // namespace engine
