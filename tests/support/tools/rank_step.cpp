#include "tests/support/tools/rank_step.h"

#include <limits>

#include "tests/support/engine/bench.h"
#include "tests/support/tools/tiny_step.h"

namespace tests {
namespace {

model::DetectorOptions tiny(const RankStepOptions& rank) {
  model::DetectorOptions o = tiny_detector();
  o.sync_batch_norm = rank.sync_batch_norm;
  return o;
}

engine::OptimizerOptions optimizer(const RankStepOptions& o, const engine::Collectives* ranks) {
  const bool averaged = o.normalizer == model::LossNormalizer::per_rank;
  return {.rule = {.momentum = {.weight_decay = 4e-4}},
          .update = {.schedule = {.base_rate = 0.01},
                     .divisor = o.accumulate * (averaged ? double(engine::count_of(ranks)) : 1)}};
}

double loss_scale(const RankStepOptions& o) {
  if (o.loss_scale > 0) return o.loss_scale;
  return o.precision.scale_loss ? 1024 : 1;
}

template <class T>
void take_rows(std::vector<T>& to, const std::vector<T>& from, const std::vector<int>& rows) {
  const size_t width = from.size() / size_t(RankStep::kImages);
  to.clear();
  for (const int row : rows)
    to.insert(to.end(), from.begin() + int64_t(size_t(row) * width),
              from.begin() + int64_t(size_t(row + 1) * width));
}

}  // namespace

RankStep::RankStep(const RankStepOptions& options, engine::Collectives* ranks)
    : options_(options),
      device_(options.device, 0.0625, 1, backend_options()),
      parameters_(device_.backend(), options.precision),
      detector_(parameters_, tiny(options)),
      optimizer_((parameters_.allocate(1), device_.backend()), parameters_,
                 optimizer(options, ranks), loss_scale(options)),
      step_((device_.join(ranks), device_), detector_, parameters_, optimizer_,
            {.batch_size = options.batch_size,
             .max_boxes = kMaxBoxes,
             .accumulate = options.accumulate,
             .scaling = {.mean = {120, 115, 100}, .deviation = {60, 60, 60}},
             .loss = {.normalizer = options.normalizer},
             .sums = options.sums}),
      shared_(device_.backend(), kImages, kMaxBoxes, tiny(options)) {}

data::Batch RankStep::part(const std::vector<int>& rows) {
  const data::Batch& all = shared_.get();
  data::Batch batch = all;
  batch.images = int(rows.size());
  take_rows(batch.boxes, all.boxes, rows);
  take_rows(batch.labels, all.labels, rows);
  take_rows(batch.weights, all.weights, rows);
  take_rows(batch.staged, all.staged, rows);
  take_rows(batch.image_index, all.image_index, rows);
  take_rows(pixels_, {all.pixels.begin(), all.pixels.end()}, rows);
  batch.pixels = pixels_;
  const int64_t slot = int64_t(pixels_.size() / rows.size());
  for (size_t i = 0; i < rows.size(); ++i) batch.staged[i].offset = int64_t(i) * slot;
  return batch;
}

void RankStep::step(const std::vector<int>& rows, bool endless) {
  data::Batch batch = part(rows);
  if (endless) batch.weights[0] = std::numeric_limits<float>::infinity();
  step_.run(batch);
}

std::vector<kernels::View> RankStep::weights() const {
  std::vector<kernels::View> views{parameters_.master()};
  for (const auto& buffer : optimizer_.rule_buffers()) views.push_back(buffer.values);
  return views;
}

}  // namespace tests
