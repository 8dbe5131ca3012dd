// The detector's losses: targets for every anchor, focal loss and smooth L1 per level, one backward
// pass.
#pragma once
#include "kernels/match_anchors.h"
#include "kernels/optimizer_state.h"
#include "model/anchors.h"
#include "model/detector.h"

namespace model {

struct LossOptions {
  double alpha = 0.25, gamma = 2, delta = 1;
  double classification_weight = 1, localization_weight = 1;
};

// On the device, for the batch: what each anchor should predict, and max(1, sum of box weights),
// the normaliser of both losses. Targets are in accumulator(activations).
struct Targets {
  Tensor classes, class_weights, boxes, box_weights;  // kernels::AnchorTargets
  Tensor normaliser;                                  // [1]
};
Targets assign_targets(const Context&, const kernels::GroundTruth&, const Anchors&,
                       engine::DType accumulator);

// Sums over anchors, [images] per level, not yet normalised.
struct Losses {
  engine::Tensors localization, classification;
};
Losses detection_losses(const Context&, const Predictions&, const Targets&, const Anchors&,
                        int columns, const LossOptions&);

// Gradients of localization_weight * L / (4 N) + classification_weight * C / N, times the loss
// scale in `state` (null: 1), into the watched parameters. The regularisation's gradient is the
// optimiser's.
void backward(const Context&, const Losses&, const Targets&, const LossOptions&,
              const kernels::OptimizerState* state);

// {localization, classification, regularization, total} into `report` [4], of the losses' dtype.
void report_losses(const Context&, const Losses&, const Targets&, const LossOptions&,
                   const Tensor& regularization, engine::View report);

}  // namespace model
