// Tells soon when a training has left every hope behind. Decides; does nothing.
#pragma once
#include <cstdint>
#include <string>

#include "kernels/optimizer_state.h"
#include "tools/config/run_config.h"

namespace run {

class DivergenceWatch {
 public:
  // `scaled`: there is a loss scale, which steps that overflow lower until it is at its floor.
  DivergenceWatch(const config::TrainConfig& config, bool scaled);

  // Looking waits for the device, so it is done a few times within train.divergence.steps.
  bool wants(int64_t step) const { return step % stride_ == 0; }
  // Why the run has diverged, in words; empty as long as it has not.
  std::string look(int64_t step, double loss, const kernels::OptimizerState&);

 private:
  const config::DivergenceConfig limits_;
  const config::LossScaleConfig loss_scale_;
  const bool scaled_;
  const int64_t stride_;
  int64_t bad_since_ = -1;  // step; -1: the latest loss was good
};

}  // namespace run
