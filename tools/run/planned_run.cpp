#include "tools/run/planned_run.h"

#include <algorithm>

#include "data/loading/sample_builder.h"
#include "tools/run/inference.h"
#include "tools/run/run_options.h"
#include "tools/run/training_step.h"

namespace run {
namespace {

constexpr double kEndlessGiB = 65536;

// A batch without images, for a step that only counts memory.
class EmptyBatch {
 public:
  EmptyBatch(int size, const config::RunConfig& config) {
    const model::DetectorOptions& o = config.model.options;
    const size_t bytes = size_t(size) * size_t(kernels::slot_bytes(o.height, o.width));
    pixels_ = std::make_unique_for_overwrite<uint8_t[]>(bytes);
    data::prepare(batch_, size,
                  {.input = {.height = o.height, .width = o.width},
                   .max_boxes = config.data.sample.max_boxes},
                  {pixels_.get(), bytes});
    std::ranges::fill(batch_.image_index, -1);
  }
  const data::Batch& batch() const { return batch_; }

 private:
  std::unique_ptr<uint8_t[]> pixels_;
  data::Batch batch_;
};

}  // namespace

PlannedRun::PlannedRun(engine::Backend& backend, const config::RunConfig& config,
                       std::set<engine::ConvShape>* noted)
    : config_(config),
      device_(std::make_unique<engine::PlanningBackend>(backend, noted), kEndlessGiB),
      counted_(static_cast<engine::PlanningBackend&>(device_.backend())),
      parameters_(device_.backend(), precision_of(config.train)),
      detector_(parameters_, config.model.options) {
  parameters_.allocate(0, config.train.freeze);
}

MemoryPlan PlannedRun::train(int batch_size) {
  MemoryPlan plan{.parameters = parameters_.bytes_by_use()};
  size_t before = counted_.held();
  engine::Optimizer optimizer(
      device_.backend(), parameters_,
      {.rule = config_.train.optimizer, .update = {.average_decay = config_.train.ema}});
  plan.optimizer = counted_.held() - before;
  before = counted_.held();
  TrainingStep step(device_, detector_, parameters_, optimizer,
                    {.batch_size = batch_size,
                     .max_boxes = config_.data.sample.max_boxes,
                     .accumulate = config_.train.accumulate,
                     .loss = config_.train.loss,
                     .sums = gradient_sums(config_.ranks)});
  plan.sums = step.copy_bytes();
  plan.input = counted_.held() - before - plan.sums;
  const EmptyBatch batch(batch_size, config_);
  while (!step.run(batch.batch())) {
  }
  plan.training_step = device_.arena().peak();
  return plan;
}

void PlannedRun::evaluate(int batch_size, MemoryPlan& plan) {
  const size_t before = counted_.held();
  Inference inference(device_, detector_, batch_size, config_.data.sample.max_boxes,
                      config_.eval.nms, channel_scaling(config_.data));
  plan.evaluation = counted_.held() - before;
  inference.run(EmptyBatch(batch_size, config_).batch());
  plan.evaluation += counted_.kept_weights();
  plan.evaluation_step = device_.arena().peak();
}

int64_t PlannedRun::macs_of_image() {
  const int64_t before = device_.conv_macs();
  engine::Context c = device_.context(parameters_.precision(), nullptr, false);
  const model::DetectorOptions& o = detector_.options();
  detector_.forward(c,
                    c.empty({4, {1, o.height, o.width, 3}}, parameters_.precision().activations));
  return device_.conv_macs() - before;
}

int64_t macs_of_image(engine::Backend& backend, const config::RunConfig& config) {
  std::set<engine::ConvShape> noted;
  return PlannedRun(backend, config, &noted).macs_of_image();
}

std::set<engine::ConvShape> convolutions_of(engine::Backend& backend,
                                            const config::RunConfig& config, RunParts parts) {
  std::set<engine::ConvShape> noted;
  if (parts.training) PlannedRun(backend, config, &noted).train(config.train.batch_size);
  MemoryPlan ignored;
  if (parts.evaluation_batch > 0)
    PlannedRun(backend, config, &noted).evaluate(parts.evaluation_batch, ignored);
  return noted;
}

void prepare_convolutions(engine::Backend& backend, const config::RunConfig& config,
                          RunParts parts) {
  const auto convolutions = convolutions_of(backend, config, parts);
  backend.prepare({convolutions.begin(), convolutions.end()});
}

}  // namespace run
