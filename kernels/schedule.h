// Learning-rate schedules: the rate is a function of the number of updates made so far, so that it
// can be computed on the device inside a recorded step.
#pragma once
#include <cmath>

#include "kernels/view.h"

namespace kernels {

inline constexpr int kMaxBoundaries = 16;

struct Schedule {
  enum class Kind : int32_t { constant, cosine, manual };
  Kind kind = Kind::constant;
  double base_rate = 0;

  // cosine (Loshchilov and Hutter, arXiv:1608.03983): linear from warmup_rate to base_rate, hold,
  // half a cosine down to 0 at total_steps, 0 afterwards. constant: the same warm-up, then
  // base_rate.
  double warmup_rate = 0;
  int64_t warmup_steps = 0, hold_steps = 0, total_steps = 0;

  // manual: rate[i] from boundary[i - 1] on; with `ramp`, linear from rate[0] to rate[1] before
  // boundary[0].
  int32_t boundaries = 0, ramp = 0;
  int64_t boundary[kMaxBoundaries] = {};
  double rate[kMaxBoundaries + 1] = {};

  HD double warmup(int64_t step) const {
    return warmup_rate + double(step) * (base_rate - warmup_rate) / double(warmup_steps);
  }

  HD double cosine(int64_t step) const {
    if (step > total_steps) return 0;
    int64_t start = warmup_steps + hold_steps;
    if (step < start || total_steps == start) return base_rate;
    constexpr double kPi = 3.14159265358979323846;
    return 0.5 * base_rate *
           (1 + std::cos(kPi * double(step - start) / double(total_steps - start)));
  }

  HD double manual(int64_t step) const {
    if (ramp && boundaries > 0 && step < boundary[0])
      return rate[0] + double(step) * (rate[1] - rate[0]) / double(boundary[0]);
    int i = 0;
    while (i < boundaries && step >= boundary[i]) ++i;
    return rate[i];
  }

  // The rate of the update that follows `step` earlier ones.
  HD double at(int64_t step) const {
    switch (kind) {
      case Kind::manual:
        return manual(step);
      case Kind::cosine:
        return step < warmup_steps ? warmup(step) : cosine(step);
      default:
        return step < warmup_steps ? warmup(step) : base_rate;
    }
  }
};

// What is wrong with the schedule, in words; null if nothing is.
inline const char* fault_of(const Schedule& s) {
  if (s.warmup_steps < 0 || s.hold_steps < 0) return "steps must not be negative";
  if (s.kind == Schedule::Kind::cosine && s.total_steps < s.warmup_steps + s.hold_steps)
    return "the total is smaller than the warm-up";
  if (s.warmup_steps > 0 && s.base_rate < s.warmup_rate)
    return "the warm-up rate is above the base rate";
  if (s.boundaries < 0 || s.boundaries > kMaxBoundaries) return "too many boundaries";
  for (int i = 1; i < s.boundaries; ++i)
    if (s.boundary[i] <= s.boundary[i - 1]) return "boundaries must increase";
  return nullptr;
}

}  // namespace kernels
