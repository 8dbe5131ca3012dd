#include "engine/optimizer.h"

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "kernels/flat_sum.h"

namespace engine {

Optimizer::Optimizer(Backend& backend, Parameters& parameters, const kernels::SgdOptions& options,
                     double loss_scale)
    : backend_(backend),
      parameters_(parameters),
      options_(options),
      state_(backend, sizeof(OptimizerState), Place::device) {
  if (const char* fault = kernels::fault_of(options.schedule))
    base::fail(base::ExitCode::usage, "train.schedule: ", fault);
  write_state({.loss_scale = loss_scale});
  if (options.average_decay > 0) {
    average_ = std::make_unique<Memory>(backend, bytes_of(parameters.master()), Place::device);
    restart_average();
  }
}

void Optimizer::restart_average() {
  if (!average_) return;
  kernels::Queue queue = backend_.queue(Lane::compute);
  backend_.copy(average_->data(), parameters_.master().data, average_->bytes(), queue);
  backend_.synchronize(queue);
}

void Optimizer::swap_average(kernels::Queue queue) {
  if (!average_) return;
  View weights = parameters_.master();
  Memory aside(backend_, average_->bytes(), Place::device);
  backend_.copy(aside.data(), weights.data, aside.bytes(), queue);
  backend_.copy(weights.data, average_->data(), aside.bytes(), queue);
  backend_.copy(average_->data(), aside.data(), aside.bytes(), queue);
  parameters_.refresh_working(queue);
  backend_.synchronize(queue);
}

void Optimizer::step(const Context& c) {
  base::Range range("update");
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
  Tensor partial = c.empty({1, {kernels::flat_sum_partials(parameters_.decayed())}}, DType::f64);
  Tensor loss = c.empty({1, {1}}, kernels_only.dtype);
  kernels::flat_sum(
      c.queue,
      {.x = kernels_only, .partial = partial, .scale = options_.weight_decay / 2, .squares = true},
      loss);
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
