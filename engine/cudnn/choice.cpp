#include "engine/cudnn/choice.h"

#include <algorithm>

#include "engine/cudnn/further_engines.h"

namespace engine {
namespace {

enum Stage { kExact, kNarrow, kFallback, kStages };

std::vector<ConvCandidate> convolutions(const ConvShape& shape, int stage) {
  const bool competes = shape.grad_weight.narrowing == Narrowing::if_faster;
  if (stage == kNarrow) return competes ? std::vector<ConvCandidate>{} : narrow_candidates(shape);
  std::vector<ConvCandidate> all = zeroed_candidates(shape);
  auto add = [&](const std::vector<ConvCandidate>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  add(direct_candidates(shape));
  add(unfused_candidates(shape));
  if (competes || stage == kFallback) add(narrow_candidates(shape));
  return all;
}

}  // namespace

int cudnn_stages(const ConvShape& shape) { return shape.optional() ? 1 : kStages; }

std::vector<CudnnCandidate> cudnn_candidates(const CudnnDevice& device, const ConvShape& shape,
                                             int stage) {
  std::vector<CudnnCandidate> candidates;
  for (const ConvCandidate& conv : convolutions(shape, stage)) {
    auto graph = std::make_shared<const CudnnGraph>(cudnn_graph(device, conv.inner));
    for (CudnnEngine& e : cudnn_engines(device, *graph, conv.inner, stage == kFallback))
      candidates.push_back({conv, graph, std::move(e)});
  }
  return candidates;
}

std::vector<CudnnCandidate> further_candidates(const CudnnDevice& device, const ConvShape& shape) {
  std::vector<CudnnCandidate> candidates;
  for (const ConvCandidate& conv : convolutions(shape, kExact)) {
    if (!conv.fused) continue;
    auto graph = std::make_shared<const CudnnGraph>(cudnn_graph(device, conv.inner));
    const auto proposed = cudnn_engines(device, *graph, conv.inner, false);
    for (CudnnEngine& e : further_engines(device, *graph, conv.inner, proposed))
      candidates.push_back({conv, graph, std::move(e)});
  }
  return candidates;
}

size_t workspace_limit(const ConvShape& shape) {
  size_t operands = 0;
  for (const ConvOperand& o : conv_operands(shape)) operands += o.bytes();
  return std::max(size_t(512) << 20, 2 * operands);
}

namespace {

void note(CudnnAttempts& attempts, const std::string& refusal) {
  ++(refusal.empty() ? attempts.compiled : attempts.refused);
  if (attempts.refusal.empty()) attempts.refusal = refusal;
}

}  // namespace

std::optional<ConvChoice> build(std::shared_ptr<const CudnnDevice> device, const ConvShape& shape,
                                const CudnnCandidate& candidate, CudnnAttempts* attempts) {
  if (attempts && attempts->may_try && !attempts->may_try()) return std::nullopt;
  std::string refusal;
  auto plan = CudnnPlan::build(std::move(device), candidate.conv.inner, candidate.engine, refusal);
  if (attempts && candidate.engine.compiled_at_run_time) note(*attempts, refusal);
  if (!plan || plan->workspace() > workspace_limit(shape)) return std::nullopt;
  ConvChoice choice{candidate.conv.name, candidate.engine.compiled_at_run_time, plan->text(),
                    nullptr};
  choice.plan = make_staged_conv(shape, candidate.conv.inner, std::move(plan));
  return choice;
}

std::optional<ConvChoice> choose_first(std::shared_ptr<const CudnnDevice> device,
                                       const ConvShape& shape,
                                       const std::function<bool(ConvPlan&)>& accepted,
                                       bool deterministic, CudnnAttempts* attempts) {
  for (int stage = 0; stage < cudnn_stages(shape); ++stage)
    for (const CudnnCandidate& candidate : cudnn_candidates(*device, shape, stage)) {
      if (deterministic && !candidate.engine.deterministic) continue;
      auto choice = build(device, shape, candidate, attempts);
      if (choice && accepted(*choice->plan)) return choice;
    }
  return std::nullopt;
}

std::optional<ConvChoice> restore(std::shared_ptr<const CudnnDevice> device, const ConvShape& shape,
                                  const std::string& candidate, const std::string& plan_text) {
  for (const ConvCandidate& c : convolutions(shape, kFallback)) {
    if (c.name != candidate) continue;
    auto plan = CudnnPlan::restore(std::move(device), c.inner, plan_text);
    if (!plan || plan->workspace() > workspace_limit(shape)) return std::nullopt;
    return ConvChoice{candidate, false, plan_text,
                      make_staged_conv(shape, c.inner, std::move(plan))};
  }
  return std::nullopt;
}

}  // namespace engine
