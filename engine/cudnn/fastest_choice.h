// Chooses one of several plans for the same convolution.
#pragma once
#include <optional>

#include "engine/conv/candidate.h"
#include "engine/cudnn/plan_timer.h"

namespace engine {

// The fastest of the plans that enter; without a timer, or by rule, the first that runs.
class Contest {
 public:
  Contest(CudnnPlanTimer* timer, bool by_rule) : timer_(timer), first_wins_(!timer || by_rule) {}
  bool decided() const { return best_ && first_wins_; }
  void enter(ConvChoice);
  std::optional<ConvChoice> winner() { return std::move(best_); }

 private:
  std::optional<float> time_of(ConvPlan&);  // in milliseconds; nothing if the plan does not run

  CudnnPlanTimer* timer_;
  bool first_wins_;
  std::optional<ConvChoice> best_;
  float best_time_ = 0;
};

}  // namespace engine
