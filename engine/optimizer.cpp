#include "engine/optimizer.h"

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "kernels/elementwise.h"
#include "kernels/flat_sum.h"

namespace engine {

Optimizer::Optimizer(Backend& backend, Parameters& parameters, const OptimizerOptions& options,
                     double loss_scale)
    : backend_(backend),
      parameters_(parameters),
      options_(options),
      rule_(make_rule(options.rule)),
      state_(backend, sizeof(OptimizerState), MemoryKind::device) {
  if (const char* fault = kernels::fault_of(options.update.schedule))
    base::fail(base::ExitCode::usage, "train.schedule: ", fault);
  write_state({.loss_scale = loss_scale});
  const size_t bytes = bytes_of(parameters.master());
  for (size_t i = 0; i < rule_.buffers.size(); ++i)
    buffers_.push_back(std::make_unique<Memory>(backend, bytes, MemoryKind::device));
  kernels::Queue queue = backend.queue(Lane::compute);
  for (const View& buffer : views()) kernels::fill(queue, buffer, 0);
  backend.synchronize(queue);
  if (options.update.average_decay > 0) {
    average_ = std::make_unique<Memory>(backend, bytes, MemoryKind::device);
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
  kernels::exchange(queue, parameters_.master(), average());
  parameters_.refresh_working(queue);
  backend_.synchronize(queue);
}

void Optimizer::step(const Context& c) {
  base::Range range("update");
  Parameters& p = parameters_;
  Tensor scratch = c.empty({1, {kernels::update_scratch(p.trained())}}, p.precision().master);
  rule_.update(c.queue,
               {.weight = p.master(),
                .gradient = p.gradient(),
                .working = p.working(),
                .average = average(),
                .scratch = scratch,
                .state = device_state(),
                .decayed = p.decayed()},
               views(), options_.update);
}

Tensor Optimizer::l2_loss(const Context& c) const {
  View kernels_only = parameters_.master();
  kernels_only.shape = {1, {parameters_.decayed()}};
  Tensor partial = c.empty({1, {kernels::flat_sum_partials(parameters_.decayed())}}, DType::f64);
  Tensor loss = c.empty({1, {1}}, kernels_only.dtype);
  kernels::flat_sum(c.queue,
                    {.x = kernels_only, .partial = partial, .scale = rule_.l2 / 2, .squares = true},
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

std::vector<View> Optimizer::views() const {
  std::vector<View> all;
  for (const auto& buffer : buffers_)
    all.push_back({buffer->data(), parameters_.precision().master, parameters_.master().shape});
  return all;
}

std::vector<Optimizer::Buffer> Optimizer::rule_buffers() const {
  const std::vector<View> values = views();
  std::vector<Buffer> all;
  for (size_t i = 0; i < values.size(); ++i) all.push_back({rule_.buffers[i], values[i]});
  return all;
}

View Optimizer::average() const {
  return average_
             ? View{average_->data(), parameters_.precision().master, parameters_.master().shape}
             : View{};
}

}  // namespace engine
