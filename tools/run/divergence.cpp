#include "tools/run/divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/counted.h"

namespace run {
namespace {

constexpr int64_t kLooks = 5;  // within train.divergence.steps

}  // namespace

DivergenceWatch::DivergenceWatch(const config::TrainConfig& config, bool scaled)
    : limits_(config.divergence),
      loss_scale_(config.loss_scale),
      scaled_(scaled),
      stride_(std::max<int64_t>(1, config.divergence.steps / kLooks)) {}

std::string DivergenceWatch::look(int64_t step, double loss, const kernels::OptimizerState& s) {
  const bool at_floor = !scaled_ || s.loss_scale <= loss_scale_.options.min;
  if (at_floor && s.skipped_in_a_row >= loss_scale_.max_consecutive_skips)
    return fmt::format("the gradients of {} up to step {} were not finite",
                       base::counted(s.skipped_in_a_row, "step"), step);
  const bool too_large = limits_.max_loss > 0 && loss > limits_.max_loss;
  // While the loss scale still falls, losses that are not finite do not count.
  const bool lost = !std::isfinite(loss) && at_floor;
  if (!too_large && !lost) {
    bad_since_ = -1;
    return {};
  }
  if (bad_since_ < 0) bad_since_ = step;
  if (step - bad_since_ + std::min<int64_t>(stride_, limits_.steps) < limits_.steps) return {};
  return fmt::format(
      "the loss is {:.4g} at step {}, and for {} it was not finite or above "
      "train.divergence.max_loss={:g}",
      loss, step, base::counted(limits_.steps, "step"), limits_.max_loss);
}

}  // namespace run
