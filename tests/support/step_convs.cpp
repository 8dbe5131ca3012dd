#include "tests/support/step_convs.h"

#include "engine/error.h"
#include "tools/memory_plan.h"

namespace tests {
namespace {

using engine::ConvShape, engine::Lane, engine::Place;
using Counts = std::map<ConvShape, int>;

class NoConv : public engine::ConvPlan {
 public:
  size_t workspace() const override { return 0; }
  void run(kernels::Queue, const engine::ConvArgs&) override {}
};

// Has every plan, and queues that differ; to be planned for only.
class CountingBackend : public engine::Backend {
 public:
  explicit CountingBackend(Counts& counts) : counts_(counts) {}
  std::string name() const override { return "counting"; }
  kernels::Queue queue(Lane lane) override { return {.stream = &streams_[int(lane)]}; }
  kernels::Queue branch(int index) override { return {.stream = &streams_[8 + index]}; }
  size_t free_memory() override { return 0; }
  void* allocate(size_t, Place) override { fail(engine::ExitCode::failed, "nothing to allocate"); }
  void release(void*, Place) noexcept override {}
  void copy(void*, const void*, size_t, kernels::Queue) override {}
  void wait(kernels::Queue, kernels::Queue) override {}
  void synchronize(kernels::Queue) override {}
  std::unique_ptr<engine::ConvPlan> plan(const ConvShape& shape) override {
    ++counts_[shape];
    return std::make_unique<NoConv>();
  }
  std::function<void()> record(kernels::Queue, const std::function<void()>& work) override {
    return work;
  }

 private:
  Counts& counts_;
  char streams_[64] = {};
};

// How often each plan is made: once for a training step, and once for an evaluation.
Counts plans_made(const tools::RunConfig& config, int evaluation_batch) {
  Counts counts;
  CountingBackend backend(counts);
  tools::plan_memory(backend, config, evaluation_batch);
  return counts;
}

}  // namespace

StepConvs step_convs(const tools::RunConfig& config) {
  StepConvs convs;
  Counts training = plans_made(config, 0);
  for (const auto& [shape, count] : training) convs.training.insert(shape);
  for (const auto& [shape, count] : plans_made(config, config.train.batch_size))
    if (count > training[shape]) convs.detection.insert(shape);
  return convs;
}

tools::RunConfig ssd320_config(const std::string& precision, int batch_size, bool frozen) {
  tools::RunConfig config;
  config.model.options.classes = 90;
  config.model.options.frozen_batch_norm = frozen;
  config.train.precision = precision;
  config.train.batch_size = batch_size;
  return config;
}

}  // namespace tests
