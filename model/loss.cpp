#include "model/loss.h"

#include <limits>

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "engine/collectives/collectives.h"
#include "kernels/flat_sum.h"
#include "kernels/loss_report.h"

namespace model {

using engine::DType;

namespace {

// The original divides the localisation loss by the length of a box code, too.
constexpr double kCodes = 4;

Tensor sum_of(const Context& c, const Tensor& x, double floor) {
  Tensor y = c.empty({1, {1}}, x.dtype());
  Tensor partial = c.empty({1, {kernels::flat_sum_partials(x.shape().size())}}, DType::f64);
  kernels::flat_sum(c.queue, {.x = x, .partial = partial, .floor = floor}, y);
  return y;
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

Losses detection_losses(const Context& c, const Predictions& p, const Targets& t, int columns,
                        const LossOptions& o) {
  base::Range range("losses");
  return {
      .localization =
          engine::smooth_l1(c, p.box_codes, {.boxes = t.boxes, .weights = t.box_weights}, o.delta),
      .classification = engine::focal_loss(
          c, p.class_logits, {.classes = t.classes, .weights = t.class_weights, .columns = columns},
          {.alpha = o.alpha, .gamma = o.gamma})};
}

void backward(const Context& c, const Losses& losses, const Targets& t, const LossOptions& o,
              const kernels::OptimizerState* state) {
  base::Range range("backward");
  SSD_CHECK(c.tape, "backward: the context has no tape");
  auto seed = [&](const Tensor& loss, double weight) {
    Tensor s = c.empty(loss.shape(), loss.dtype());
    kernels::loss_seeds(c.queue, t.normaliser, state, weight, s);
    return s;
  };
  Tensor localization = seed(losses.localization, o.localization_weight / kCodes),
         classification = seed(losses.classification, o.classification_weight);
  c.tape->backward(c, {losses.localization, losses.classification}, {localization, classification});
}

void report_losses(const Context& c, const Losses& losses, const Targets& t, const LossOptions& o,
                   const Tensor& regularization, engine::View report) {
  constexpr double kNoFloor = -std::numeric_limits<double>::infinity();
  Tensor localization = sum_of(c, losses.localization, kNoFloor),
         classification = sum_of(c, losses.classification, kNoFloor);
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
