#include "engine/cudnn/fastest_choice.h"

namespace engine {

void FastestChoice::add(ConvChoice choice) {
  if (decided()) return;
  const auto time = time_of(*choice.plan);
  if (!time || (best_ && *time >= best_time_)) return;
  best_ = std::move(choice);
  best_time_ = *time;
}

std::optional<float> FastestChoice::time_of(ConvPlan& plan) {
  if (timer_ && !first_wins_) return timer_->time(plan);
  return !timer_ || timer_->runs(plan) ? std::optional(0.0f) : std::nullopt;
}

}  // namespace engine
