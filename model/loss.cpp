#include "model/loss.h"

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "engine/collectives/collectives.h"
#include "kernels/elementwise.h"
#include "kernels/flat_sum.h"
#include "kernels/loss_report.h"

namespace model {

using engine::DType, engine::Shape, engine::Tensors;

namespace {

// The original divides the localisation loss by the length of a box code, too.
constexpr double kCodes = 4;

Tensor sum_of(const Context& c, const Tensor& x, double floor) {
  Tensor y = c.empty({1, {1}}, x.dtype());
  Tensor partial = c.empty({1, {kernels::flat_sum_partials(x.shape().size())}}, DType::f64);
  kernels::flat_sum(c.queue, {.x = x, .partial = partial, .floor = floor}, y);
  return y;
}

Tensor sum_of(const Context& c, const Tensors& levels) {
  Tensor sum = c.empty(levels[0].shape(), levels[0].dtype());
  kernels::fill(c.queue, sum, 0);
  for (const Tensor& level : levels) kernels::add_into(c.queue, sum, level);
  return sum_of(c, sum, -std::numeric_limits<double>::infinity());
}

Tensor normaliser_of(const Context& c, const Tensor& box_weights, LossNormalizer over) {
  if (over == LossNormalizer::per_rank || !c.ranks) return sum_of(c, box_weights, 1);
  Tensor sum = sum_of(c, box_weights, 0);
  c.ranks->sum("numbers of matches", sum, c.queue);
  return sum_of(c, sum, 1);
}

}  // namespace

Targets assign_targets(const Context& c, const kernels::GroundTruth& truth, const Anchors& anchors,
                       DType accumulator, LossNormalizer over) {
  base::Range range("targets");
  const int64_t images = truth.labels.shape[0], rows = truth.labels.shape[1], n = anchors.count();
  Tensor matched = c.empty({2, {images, n}}, DType::i32),
         forced = c.empty({2, {images, rows}}, DType::i32);
  kernels::match_anchors(c.queue, truth, anchors.boxes(), {}, {.rows = matched, .forced = forced});
  Targets t{.classes = c.empty({2, {images, n}}, DType::i32),
            .class_weights = c.empty({2, {images, n}}, accumulator),
            .boxes = c.empty({3, {images, n, 4}}, accumulator),
            .box_weights = c.empty({2, {images, n}}, accumulator),
            .normaliser = {}};
  kernels::assign_targets(c.queue, truth, anchors.boxes(), matched, {},
                          {.classes = t.classes,
                           .class_weights = t.class_weights,
                           .boxes = t.boxes,
                           .box_weights = t.box_weights});
  t.normaliser = normaliser_of(c, t.box_weights, over);
  return t;
}

Losses detection_losses(const Context& c, const Predictions& p, const Targets& t,
                        const Anchors& anchors, int columns, const LossOptions& o) {
  base::Range range("losses");
  Losses losses;
  for (size_t level = 0; level < p.box_codes.size(); ++level) {
    const int64_t first = anchors.first_of_level(int(level));
    losses.localization.push_back(engine::smooth_l1(
        c, p.box_codes[level], {.boxes = t.boxes, .weights = t.box_weights, .first_anchor = first},
        o.delta));
    losses.classification.push_back(engine::focal_loss(c, p.class_logits[level],
                                                       {.classes = t.classes,
                                                        .weights = t.class_weights,
                                                        .first_anchor = first,
                                                        .columns = columns},
                                                       {.alpha = o.alpha, .gamma = o.gamma}));
  }
  return losses;
}

void backward(const Context& c, const Losses& losses, const Targets& t, const LossOptions& o,
              const kernels::OptimizerState* state) {
  base::Range range("backward");
  SSD_CHECK(c.tape, "backward: the context has no tape");
  Tensors outputs, seeds;
  auto seed = [&](const Tensors& levels, double weight) {
    Tensor s = c.empty(levels[0].shape(), levels[0].dtype());
    kernels::loss_seeds(c.queue, t.normaliser, state, weight, s);
    for (const Tensor& level : levels) {
      outputs.push_back(level);
      seeds.push_back(s);
    }
  };
  seed(losses.localization, o.localization_weight / kCodes);
  seed(losses.classification, o.classification_weight);
  c.tape->backward(c, outputs, seeds);
}

void report_losses(const Context& c, const Losses& losses, const Targets& t, const LossOptions& o,
                   const Tensor& regularization, engine::View report) {
  Tensor localization = sum_of(c, losses.localization),
         classification = sum_of(c, losses.classification);
  kernels::loss_report(c.queue,
                       {.localization_sum = localization,
                        .classification_sum = classification,
                        .normaliser = t.normaliser,
                        .regularization = regularization,
                        .localization_weight = o.localization_weight / kCodes,
                        .classification_weight = o.classification_weight},
                       report);
}

}  // namespace model
