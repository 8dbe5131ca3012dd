// Decides whether a training has diverged. Others act on the decision.
#pragma once
#include <cstdint>
#include <string>

#include "kernels/optimizer_state.h"
#include "tools/config/run_config.h"

namespace run {

class DivergenceWatch {
 public:
  // `scaled` says whether there is a loss scale. If so, losses and gradients that are not finite do
  // not count until the scale has fallen to its minimum.
  DivergenceWatch(const config::TrainConfig& config, bool scaled);

  // Whether look() should be called after this step. That waits for the device, so it happens only
  // a few times within train.divergence.steps.
  bool wants(int64_t step) const { return step % stride_ == 0; }
  // Says why the run has diverged. Empty if it has not.
  std::string look(int64_t step, double loss, const kernels::OptimizerState&);

 private:
  const config::DivergenceConfig limits_;
  const config::LossScaleConfig loss_scale_;
  const bool scaled_;
  const int64_t stride_;
  int64_t bad_since_ = -1;  // step, or -1 if the latest loss was good
};

}  // namespace run
