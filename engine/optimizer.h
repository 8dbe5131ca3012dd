// Momentum SGD over all parameters, with the schedule and the loss scale on the device.
#pragma once
#include "engine/context.h"
#include "engine/parameters.h"
#include "kernels/sgd.h"

namespace engine {

using kernels::OptimizerState;

class Optimizer {
 public:
  // Error(usage) when the schedule contradicts itself. `average_decay` > 0 keeps a moving average
  // of the weights. The loss scale starts at `loss_scale`; it moves if options.loss_scale.dynamic.
  Optimizer(Backend&, Parameters&, const kernels::SgdOptions&, double loss_scale = 1);

  // Queues one update from the gradients, and zeroes nothing: the step does that before backward.
  void step(const Context&);

  // The regularisation loss as a [1] tensor in the master dtype.
  Tensor l2_loss(const Context&) const;

  // On the device, for kernels that seed the backward pass with the loss scale.
  OptimizerState* device_state() const { return static_cast<OptimizerState*>(state_.data()); }
  // Waits for the device. Not inside a step.
  OptimizerState read_state() const;
  void write_state(const OptimizerState&);

  // Exchanges weights and their moving average, for an evaluation; again to go on. Nothing without
  // one.
  void swap_average(kernels::Queue);
  void restart_average();  // the average becomes the weights, after those were loaded
  View average() const;    // [trained] moving average of the weights; empty when there is none
  const kernels::SgdOptions& options() const { return options_; }

 private:
  Backend& backend_;
  Parameters& parameters_;
  kernels::SgdOptions options_;
  Memory state_;
  std::unique_ptr<Memory> average_;
};

}  // namespace engine
