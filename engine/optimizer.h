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
  // If update.average_decay is above 0, keeps a moving average of the weights. The loss scale
  // starts at `loss_scale`, and changes if update.loss_scale.dynamic. Throws Error(usage) if the
  // schedule contradicts itself.
  Optimizer(Backend&, Parameters&, const OptimizerOptions&, double loss_scale = 1);

  // Queues one update from the gradients. It does not set the gradients to zero.
  void step(const Context&);

  // The regularisation loss as a [1] tensor in the master dtype, or 0 for a rule without L2.
  Tensor l2_loss(const Context&) const;

  // In device memory, for kernels that begin the backward pass with the loss scale.
  OptimizerState* device_state() const { return static_cast<OptimizerState*>(state_.data()); }
  // Waits for the device, so it must not be called inside a step.
  OptimizerState read_state() const;
  void write_state(const OptimizerState&);

  // Exchanges the weights and their moving average in place, for an evaluation. A second call
  // exchanges them back. Does nothing if there is no average.
  void swap_average(kernels::Queue);
  void restart_average();  // sets the average to the weights, after those were loaded

  // A buffer that the rule keeps from step to step: [trained] values in the master dtype, laid out
  // as Parameters::master(). part_of() finds those of one parameter.
  struct Buffer {
    std::string name;
    View values;
  };
  std::vector<Buffer> rule_buffers() const;  // UpdateRule::buffers
  View average() const;  // moving average of the weights; empty if there is none
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
