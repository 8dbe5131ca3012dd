// Chooses among several plans for the same convolution.
#pragma once
#include <optional>

#include "engine/conv/candidate.h"
#include "engine/cudnn/plan_timer.h"

namespace engine {

// Takes the fastest of the choices that are added. Without a timer, or if `by_rule`, it takes
// the first whose plan runs.
class FastestChoice {
 public:
  FastestChoice(CudnnPlanTimer* timer, bool by_rule)
      : timer_(timer), first_wins_(!timer || by_rule) {}
  void add(ConvChoice);
  bool decided() const { return best_ && first_wins_; }  // whether no further choice can win
  std::optional<ConvChoice> take() { return std::move(best_); }  // nothing if no plan ran

 private:
  std::optional<float> time_of(ConvPlan&);  // in milliseconds; nothing if the plan does not run

  CudnnPlanTimer* timer_;
  bool first_wins_;
  std::optional<ConvChoice> best_;
  float best_time_ = 0;
};

}  // namespace engine
