#include "tools/run/milestones.h"

#include <cmath>

namespace run {

bool Milestones::evaluation_due(int64_t step) const {
  if (!options_.evaluates) return false;
  return done(step) || (options_.evaluate_every > 0 && step % options_.evaluate_every == 0);
}

bool Milestones::save_due(int64_t step) const {
  if (done(step)) return true;
  return options_.save_every > 0 ? step % options_.save_every == 0 : evaluation_due(step);
}

Verdict Milestones::evaluated(int64_t step, double metric) {
  if (!std::isfinite(metric) || metric < 0) return Verdict::unmeasured;
  const double gain = best_.step > 0 ? options_.min_gain : 0;
  if (metric > best_.metric + gain) {
    best_ = {.metric = metric, .step = step, .evaluations_without_gain = 0};
    return Verdict::better;
  }
  ++best_.evaluations_without_gain;
  return Verdict::no_better;
}

bool Milestones::stopped_early() const {
  return options_.patience > 0 && best_.evaluations_without_gain >= options_.patience;
}

}  // namespace run
