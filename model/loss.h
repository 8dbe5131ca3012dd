// The detector's losses: a focal loss of the class logits (Lin et al. 2017, arXiv:1708.02002) and a
// smooth L1 loss of the box codes (Girshick 2015, arXiv:1504.08083), summed over all anchors.
#pragma once
#include "kernels/match_anchors.h"
#include "kernels/optimizer_state.h"
#include "model/anchors.h"
#include "model/detector.h"

namespace model {

// By how many matches the losses are divided: those of each rank's batch, as the original does, or
// those of all ranks' batches. The gradients of the ranks are averaged, or added up.
enum class LossNormalizer { per_rank, global };

struct LossOptions {
  double alpha = 0.25, gamma = 2;  // of the focal loss (kernels/focal_loss.h)
  double delta = 1;                // of smooth L1 (kernels/smooth_l1.h)
  double classification_weight = 1, localization_weight = 1;
  LossNormalizer normalizer = LossNormalizer::per_rank;
};

// What each anchor of a batch should predict, on the device.
struct Targets {
  Tensor classes, class_weights, boxes, box_weights;  // as in kernels::AnchorTargets
  Tensor normaliser;  // [1]: max(1, sum of box_weights), by which both losses are divided
};
// Matches the objects with the anchors (kernels/match_anchors.h) and computes the targets: classes
// as i32, all others in the dtype `accumulator`.
Targets assign_targets(const Context&, const kernels::GroundTruth&, const Anchors&,
                       engine::DType accumulator, LossNormalizer = LossNormalizer::per_rank);

// The losses of each image, [images], summed over the anchors of all levels and not yet normalised.
struct Losses {
  Tensor localization, classification;
};
// `columns`: class columns per anchor, with the background's.
Losses detection_losses(const Context&, const Predictions&, const Targets&, int columns,
                        const LossOptions&);

// Adds the gradients of the loss to those of the watched parameters. The loss is
//   loss scale * (localization_weight * L / (4 N) + classification_weight * C / N)
// with the sums L and C over all images and levels, the normaliser N, and the loss scale in
// `state`, or 1 if `state` is null. The optimiser adds the gradient of the regularisation.
void backward(const Context&, const Losses&, const Targets&, const LossOptions&,
              const kernels::OptimizerState* state);

// Writes {localization, classification, regularization, total} to `report`, [4] f32 or f64, without
// the loss scale. The first two are the terms of the sum above; `regularization` is [1].
void report_losses(const Context&, const Losses&, const Targets&, const LossOptions&,
                   const Tensor& regularization, engine::View report);

}  // namespace model
