#include "engine/optimizer.h"

#include "engine/error.h"

namespace engine {

Optimizer::Optimizer(Backend& backend, Parameters& parameters, const kernels::SgdOptions& options,
                     double loss_scale)
    : backend_(backend),
      parameters_(parameters),
      options_(options),
      state_(backend, sizeof(OptimizerState), Place::device) {
  if (const char* fault = kernels::fault_of(options.schedule))
    fail(ExitCode::usage, "train.schedule: ", fault);
  write_state({.loss_scale = loss_scale});
  if (options.average_decay > 0) {
    View master = parameters.master();
    average_ = std::make_unique<Memory>(backend, bytes_of(master), Place::device);
    backend.copy(average_->data(), master.data, bytes_of(master), backend.queue(Lane::compute));
    backend.synchronize(backend.queue(Lane::compute));
  }
}

void Optimizer::step(const Context& c) {
  Parameters& p = parameters_;
  const DType master = p.precision().master;
  Tensor scratch = c.empty({1, {kernels::sgd_scratch(p.trained())}}, master);
  kernels::sgd(c.queue,
               {.weight = p.master(),
                .gradient = p.gradient(),
                .momentum = p.momentum(),
                .working = p.working(),
                .average = average(),
                .scratch = scratch,
                .state = device_state(),
                .decayed = p.decayed()},
               options_);
}

Tensor Optimizer::l2_loss(const Context& c) const {
  View kernels_only = parameters_.master();
  kernels_only.shape = {1, {parameters_.decayed()}};
  Tensor scratch = c.empty({1, {kernels::sgd_scratch(parameters_.decayed())}}, kernels_only.dtype);
  Tensor loss = c.empty({1, {1}}, kernels_only.dtype);
  kernels::l2_loss(c.queue, kernels_only, options_.weight_decay, scratch, loss);
  return loss;
}

OptimizerState Optimizer::read_state() const {
  OptimizerState state;
  kernels::Queue queue = backend_.queue(Lane::compute);
  backend_.copy(&state, state_.data(), sizeof state, queue);
  backend_.synchronize(queue);
  return state;
}

void Optimizer::write_state(const OptimizerState& state) {
  kernels::Queue queue = backend_.queue(Lane::compute);
  backend_.copy(state_.data(), &state, sizeof state, queue);
  backend_.synchronize(queue);
}

View Optimizer::average() const {
  return average_
             ? View{average_->data(), parameters_.precision().master, parameters_.master().shape}
             : View{};
}

}  // namespace engine
