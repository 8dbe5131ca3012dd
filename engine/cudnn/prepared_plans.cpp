#include "engine/cudnn/prepared_plans.h"

#include <utility>

#include "engine/base/error.h"
#include "engine/cudnn/plan_processes.h"
#include "engine/plan_worker.h"

namespace engine {
namespace {

constexpr auto kBetweenLines = std::chrono::seconds(20);

}  // namespace

PreparedPlans::PreparedPlans(std::shared_ptr<const CudnnDevice> device, const PlanCache& cache,
                             Options options)
    : device_(std::move(device)), cache_(cache), options_(std::move(options)) {}

std::string PreparedPlans::key_of(const ConvShape& shape) const {
  return base::concatenate("candidates for ", describe(shape), " on ", device_->name(),
                           options_.deterministic ? " by rule" : " by time");
}

std::optional<CudnnCandidatePlans> PreparedPlans::kept(const ConvShape& shape) const {
  const auto text = cache_.find(key_of(shape));
  if (!text) return std::nullopt;
  try {
    return plans_from_text(*text);
  } catch (const base::Error&) {  // of another version of this program
    return std::nullopt;
  }
}

void PreparedPlans::prepare(const std::vector<ConvShape>& shapes) {
  std::vector<ConvShape> missing;
  for (const ConvShape& shape : shapes) {
    if (auto plans = kept(shape))
      found_[shape] = std::move(*plans);
    else
      missing.push_back(shape);
  }
  if (missing.size() < 2) return;
  wanted_ = missing.size(), made_ = 0;
  told_ = std::chrono::steady_clock::now();
  options_.tell(base::concatenate("choosing cuDNN's plans for ", wanted_,
                                  " convolutions, once for ",
                                  cache_.folder().empty() ? "this run" : cache_.folder()));
  in_processes(missing);
  for (auto& [shape, plans] :
       candidate_plans(missing, options_.deterministic, options_.threads, options_.open))
    add(shape, std::move(plans));
}

// Takes what was found from `shapes`.
void PreparedPlans::in_processes(std::vector<ConvShape>& shapes) {
  const std::string device = device_->description();
  if (options_.program.empty() || device.empty()) return;
  shapes = candidate_plans_of_processes(
      {{options_.program, kPlanWorkerOption}, device, options_.deterministic, options_.threads},
      shapes,
      [this](const ConvShape& shape, CudnnCandidatePlans plans) { add(shape, std::move(plans)); },
      [this](const ConvShape& shape) {
        options_.tell(base::concatenate("warning: cuDNN crashed over a plan on ", device_->name(),
                                        ", which is left out, for ", describe(shape)));
      });
}

void PreparedPlans::add(const ConvShape& shape, CudnnCandidatePlans plans) {
  cache_.keep(key_of(shape), text_of(plans));
  tell_refusal(plans);
  found_[shape] = std::move(plans);
  ++made_;
  const auto now = std::chrono::steady_clock::now();
  if (now - told_ < kBetweenLines) return;
  told_ = now;
  options_.tell(base::concatenate("cuDNN's plans: ", made_, " of ", wanted_, " convolutions"));
}

void PreparedPlans::tell_refusal(const CudnnCandidatePlans& plans) {
  if (plans.refusal.empty() || std::exchange(told_refusal_, true)) return;
  options_.tell("warning: cuDNN cannot compile plans, so slower ones are used: " + plans.refusal);
}

CudnnCandidatePlans PreparedPlans::take(const ConvShape& shape) {
  if (auto found = found_.extract(shape)) return std::move(found.mapped());
  if (auto plans = kept(shape)) return std::move(*plans);
  CudnnCandidatePlans plans = make_now(shape);
  tell_refusal(plans);
  return plans;
}

CudnnCandidatePlans PreparedPlans::make_now(const ConvShape& shape) const {
  return candidate_plans(device_, shape, options_.deterministic);
}

}  // namespace engine
