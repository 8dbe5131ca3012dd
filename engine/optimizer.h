// Updates all parameters by a rule, with the schedule and the loss scale on the device. Owns what
// the rule remembers from step to step, and the moving average of the weights.
#pragma once
#include "engine/context.h"
#include "engine/parameters.h"
#include "engine/update_rule.h"

namespace engine {

using kernels::OptimizerState;

struct OptimizerOptions {
  RuleOptions rule;
  kernels::UpdateOptions update;
};

class Optimizer {
 public:
  // Error(usage) when the schedule contradicts itself. `update.average_decay` > 0 keeps a moving
  // average of the weights. The loss scale starts at `loss_scale`; it moves if
  // update.loss_scale.dynamic.
  Optimizer(Backend&, Parameters&, const OptimizerOptions&, double loss_scale = 1);

  // Queues one update from the gradients, and zeroes nothing: the step does that before backward.
  void step(const Context&);

  // The regularisation loss as a [1] tensor in the master dtype; 0 for a rule without L2.
  Tensor l2_loss(const Context&) const;

  // On the device, for kernels that seed the backward pass with the loss scale.
  OptimizerState* device_state() const { return static_cast<OptimizerState*>(state_.data()); }
  // Waits for the device. Not inside a step.
  OptimizerState read_state() const;
  void write_state(const OptimizerState&);

  // Exchanges weights and their moving average in place, for an evaluation; again to go on. Nothing
  // without one.
  void swap_average(kernels::Queue);
  void restart_average();  // the average becomes the weights, after those were loaded

  // What is kept from step to step besides the state: each of [trained] values in the master dtype,
  // in the layout of Parameters::master(). part_of() finds a parameter's.
  struct Buffer {
    std::string name;
    View values;
  };
  std::vector<Buffer> rule_buffers() const;  // UpdateRule::buffers
  View average() const;  // moving average of the weights; empty when there is none
  const OptimizerOptions& options() const { return options_; }

 private:
  std::vector<View> views() const;

  Backend& backend_;
  Parameters& parameters_;
  OptimizerOptions options_;
  UpdateRule rule_;
  Memory state_;
  std::vector<std::unique_ptr<Memory>> buffers_;  // of the rule
  std::unique_ptr<Memory> average_;
};

}  // namespace engine
