#include "tests/support/engine/summing_plans.h"

#include "engine/backend.h"

namespace tests {
namespace {

using namespace engine;

class SummingBackend : public Backend {
 public:
  std::string name() const override { return cpu_->name(); }
  kernels::Queue queue(Lane lane) override { return cpu_->queue(lane); }
  kernels::Queue branch(int index) override { return cpu_->branch(index); }
  size_t free_memory() override { return cpu_->free_memory(); }
  void* allocate(size_t bytes, MemoryKind kind) override { return cpu_->allocate(bytes, kind); }
  void release(void* p, MemoryKind kind) noexcept override { cpu_->release(p, kind); }
  void copy(void* to, const void* from, size_t bytes, kernels::Queue queue) override {
    cpu_->copy(to, from, bytes, queue);
  }
  void wait(kernels::Queue waiting, kernels::Queue awaited) override {
    cpu_->wait(waiting, awaited);
  }
  void synchronize(kernels::Queue queue) override { cpu_->synchronize(queue); }
  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) override {
    return shape.forward.statistics ? make_plain_loops(shape) : cpu_->plan(shape);
  }
  std::function<void()> record(kernels::Queue queue, const std::function<void()>& work) override {
    return cpu_->record(queue, work);
  }

 private:
  std::unique_ptr<Backend> cpu_ = make_cpu_backend();
};

}  // namespace

Context with_summing_plans(const Context& c) {
  static SummingBackend backend;
  static ConvPlans plans(backend);
  return {.queue = c.queue,
          .arena = c.arena,
          .plans = c.queue.gpu ? c.plans : plans,
          .tape = c.tape,
          .training = c.training,
          .exact_f32 = c.exact_f32,
          .weights_version = c.weights_version,
          .branches = c.branches};
}

}  // namespace tests
