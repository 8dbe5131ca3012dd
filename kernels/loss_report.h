// Scalars of the detection losses: the gradients with which the backward pass starts, and the
// values that logs show.
#pragma once
#include "kernels/optimizer_state.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// seeds[i] = weight * loss scale / normaliser: the gradient of the scaled loss with respect to the
// loss of image i. normaliser: [1] f32 or f64; seeds: [images] of the same dtype. If `state` is
// null, the loss scale is 1.
void loss_seeds(Queue, View normaliser, const OptimizerState* state, double weight, View seeds);

// report = {localization, classification, regularization, total}, unscaled; f64 or f32, [4].
// The sums over images and the normaliser are [1] of the losses' dtype, regularization of its own.
struct LossReport {
  View localization_sum, classification_sum, normaliser, regularization;
  double localization_weight = 1, classification_weight = 1;
};
void loss_report(Queue, const LossReport&, View report);

}  // namespace kernels
