// Smooth L1 loss of box codes (Girshick, Fast R-CNN, equation 3), as Huber's loss:
//   loss(e) = e^2 / 2 if |e| <= delta, else delta * (|e| - delta / 2),  e = prediction - target
#pragma once
#include <vector>

#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// The predictions of 1 to 8 feature maps, and the targets of their anchors, one map's after the
// other's.
struct SmoothL1 {
  std::vector<View> prediction;  // each [images, anchors, 4] or [images, height, width, cell * 4]
  View targets;                  // [images, all anchors, 4], accumulator of the prediction's dtype
  View weights;                  // [images, all anchors], as targets
  double delta = 1;

  int64_t images() const { return prediction.at(0).shape[0]; }
};

// The number of partial sums per image: `partial` below is workspace of [images, smooth_l1_chunks]
// in the accumulator dtype. Throws std::invalid_argument if there are more than 8 feature maps.
int64_t smooth_l1_chunks(const SmoothL1&);

// Writes loss [images], in the accumulator dtype: the weighted sums over anchors and codes.
void smooth_l1_forward(Queue, const SmoothL1&, View partial, View loss);

// Writes dprediction, of the prediction's shapes and dtype, given dloss [images].
void smooth_l1_backward(Queue, const SmoothL1&, View dloss, const std::vector<View>& dprediction);

}  // namespace kernels
