#include "tools/run/training_step.h"

#include <array>

#include "engine/base/ranges.h"
#include "engine/collectives/collectives.h"

namespace run {

using engine::DType, engine::MemoryKind, engine::Replay, engine::Tensor, engine::View;

namespace {

constexpr int64_t kReported = 4;

}  // namespace

TrainingStep::TrainingStep(Device& device, model::Detector& detector,
                           engine::Parameters& parameters, engine::Optimizer& optimizer,
                           const StepOptions& options)
    : device_(device),
      detector_(detector),
      parameters_(parameters),
      optimizer_(optimizer),
      options_(options),
      anchors_(device.backend(), detector.options()),
      batch_(device.backend(), options.batch_size, detector.options().height,
             detector.options().width, options.max_boxes, device.image_cache()),
      report_(device.backend(), kReported * sizeof(double), MemoryKind::device),
      sums_(device.backend(), parameters, options.sums),
      gradients_(
          device.backend(), device.arena(), [this] { gradients(false); }, options.graph),
      last_(
          device.backend(), device.arena(),
          [this] {
            gradients(true);
            update();
          },
          options.graph) {
  parameters_.zero_gradients(device_.queue());
}

// With `last`, the gradients of all batches are added up over the ranks as they become complete.
void TrainingStep::gradients(bool last) {
  engine::Tape tape;
  const engine::Precision& precision = parameters_.precision();
  engine::Context c = device_.context(precision, &tape, true);
  // All ranks make their calls in one order, so nothing that makes a call may run beside another.
  const bool calls = c.ranks && detector_.options().sync_batch_norm;
  if (calls) c.branches = nullptr;
  if (last && c.ranks && !calls) sums_.listen(c);
  parameters_.watch(tape);
  Tensor images = batch_.images(c, options_.scaling, precision.activations);
  model::Targets targets = model::assign_targets(c, batch_.ground_truth(), anchors_,
                                                 precision.master, options_.loss.normalizer);
  model::Losses losses = model::detection_losses(c, detector_.forward(c, images), targets,
                                                 detector_.options().columns(), options_.loss);
  images = {};
  model::backward(c, losses, targets, options_.loss, optimizer_.device_state());
  model::report_losses(c, losses, targets, options_.loss, optimizer_.l2_loss(c), report());
}

engine::View TrainingStep::report() const {
  return {report_.data(), parameters_.precision().master, {1, {kReported}}};
}

void TrainingStep::update() {
  engine::Context c = device_.context(parameters_.precision(), nullptr, true);
  if (c.ranks) {
    sums_.finish(c);
    c.ranks->sum("losses", report(), c.queue);
  }
  optimizer_.step(c);
  parameters_.zero_gradients(c.queue);
}

bool TrainingStep::run(const data::Batch& batch) {
  batch_.upload(batch);
  const bool updated = queue_work();
  batch_.wait_for_upload();
  return updated;
}

bool TrainingStep::queue_work() {
  const bool last = ++gathered_ == options_.accumulate;
  (last ? last_ : gradients_).run();
  if (last) gathered_ = 0;
  return last;
}

StepLosses TrainingStep::losses() const {
  std::array<double, kReported> values{};
  kernels::Queue queue = device_.queue();
  if (parameters_.precision().master == DType::f64) {
    device_.backend().copy(values.data(), report_.data(), sizeof values, queue);
    device_.backend().synchronize(queue);
  } else {
    std::array<float, kReported> narrow{};
    device_.backend().copy(narrow.data(), report_.data(), sizeof narrow, queue);
    device_.backend().synchronize(queue);
    for (size_t i = 0; i < kReported; ++i) values[i] = double(narrow[i]);
  }
  const StepLosses sums{values[0], values[1], values[2], values[3]};
  return device_.ranks() ? over_ranks(sums) : sums;
}

// Losses that each rank divided by its own matches are averaged, as their gradients are. All ranks
// have the same regularisation.
StepLosses TrainingStep::over_ranks(StepLosses sums) const {
  const double ranks = device_.ranks()->size();
  const bool averaged = options_.loss.normalizer == model::LossNormalizer::per_rank;
  StepLosses losses{.localization = sums.localization / (averaged ? ranks : 1),
                    .classification = sums.classification / (averaged ? ranks : 1),
                    .regularization = sums.regularization / ranks};
  losses.total = losses.localization + losses.classification + losses.regularization;
  return losses;
}

}  // namespace run
