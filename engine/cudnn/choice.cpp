#include "engine/cudnn/choice.h"

#include <algorithm>

namespace engine {
namespace {

enum Stage { kExact, kNarrow, kFallback, kStages };

std::vector<ConvRecipe> recipes(const ConvShape& shape, int stage) {
  if (stage == kNarrow) return narrow_recipes(shape);
  std::vector<ConvRecipe> all = direct_recipes(shape);
  auto add = [&](const std::vector<ConvRecipe>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(unfused_recipes(shape));
  if (stage == kFallback) add(narrow_recipes(shape));
  return all;
}

}  // namespace

int cudnn_stages(const ConvShape& shape) { return shape.optional() ? 1 : kStages; }

std::vector<CudnnOffer> cudnn_offers(const CudnnDevice& device, const ConvShape& shape, int stage) {
  std::vector<CudnnOffer> offers;
  for (const ConvRecipe& recipe : recipes(shape, stage)) {
    auto graph = std::make_shared<const CudnnGraph>(cudnn_graph(device, recipe.inner));
    for (CudnnCandidate& c : cudnn_candidates(device, *graph, recipe.inner, stage == kFallback))
      offers.push_back({recipe, graph, std::move(c)});
  }
  return offers;
}

size_t workspace_limit(const ConvShape& shape) {
  size_t operands = 0;
  for (const ConvOperand& o : conv_operands(shape))
    operands += size_t(o.shape.size() * kernels::size_of(o.dtype));
  return std::max(size_t(512) << 20, 2 * operands);
}

std::optional<CudnnChoice> build(std::shared_ptr<const CudnnDevice> device, const ConvShape& shape,
                                 const CudnnOffer& offer) {
  auto plan = CudnnPlan::build(std::move(device), offer.recipe.inner, offer.candidate);
  if (!plan || plan->workspace() > workspace_limit(shape)) return std::nullopt;
  CudnnChoice choice{offer.recipe.name, offer.candidate.compiled_at_run_time, plan->text(),
                     nullptr};
  choice.plan = make_staged_conv(shape, offer.recipe.inner, std::move(plan));
  return choice;
}

std::optional<CudnnChoice> choose_first(std::shared_ptr<const CudnnDevice> device,
                                        const ConvShape& shape,
                                        const std::function<bool(ConvPlan&)>& accepted,
                                        bool deterministic) {
  for (int stage = 0; stage < cudnn_stages(shape); ++stage)
    for (const CudnnOffer& offer : cudnn_offers(*device, shape, stage)) {
      if (deterministic && !offer.candidate.deterministic) continue;
      auto choice = build(device, shape, offer);
      if (choice && accepted(*choice->plan)) return choice;
    }
  return std::nullopt;
}

std::optional<CudnnChoice> restore(std::shared_ptr<const CudnnDevice> device,
                                   const ConvShape& shape, const std::string& recipe,
                                   const std::string& plan_text) {
  for (const ConvRecipe& r : recipes(shape, kFallback)) {
    if (r.name != recipe) continue;
    auto plan = CudnnPlan::restore(std::move(device), r.inner, plan_text);
    if (!plan || plan->workspace() > workspace_limit(shape)) return std::nullopt;
    return CudnnChoice{recipe, false, plan_text, make_staged_conv(shape, r.inner, std::move(plan))};
  }
  return std::nullopt;
}

}  // namespace engine
