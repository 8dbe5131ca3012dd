#include "tests/support/tools/step_convs.h"

#include <stdexcept>

#include "tools/run/planned_run.h"

namespace tests {
namespace {

using engine::Lane, engine::MemoryKind;

// A device whose queues differ; to be planned for only.
class ManyQueues : public engine::Backend {
 public:
  std::string name() const override { return "many queues"; }
  kernels::Queue queue(Lane lane) override { return {.stream = &streams_[int(lane)]}; }
  kernels::Queue branch(int index) override { return {.stream = &streams_[8 + index]}; }
  size_t free_memory() override { return 0; }
  void* allocate(size_t, MemoryKind) override { refuse(); }
  void release(void*, MemoryKind) noexcept override {}
  void copy(void*, const void*, size_t, kernels::Queue) override { refuse(); }
  void wait(kernels::Queue, kernels::Queue) override { refuse(); }
  void synchronize(kernels::Queue) override { refuse(); }
  std::unique_ptr<engine::ConvPlan> plan(const engine::ConvShape&) override { refuse(); }
  std::function<void()> record(kernels::Queue, const std::function<void()>&) override { refuse(); }

 private:
  [[noreturn]] static void refuse() { throw std::logic_error("a device that is only planned for"); }
  char streams_[64] = {};
};

}  // namespace

StepConvs step_convs(const config::RunConfig& config) {
  ManyQueues device;
  return {run::convolutions_of(device, config, {.training = true}),
          run::convolutions_of(device, config, {.evaluation_batch = config.train.batch_size})};
}

config::RunConfig ssd320_config(const std::string& precision, int batch_size, bool frozen) {
  config::RunConfig config;
  config.model.options.classes = 90;
  config.model.options.frozen_batch_norm = frozen;
  config.train.precision = precision;
  config.train.batch_size = batch_size;
  return config;
}

}  // namespace tests
