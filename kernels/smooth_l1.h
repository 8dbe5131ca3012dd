// Smooth L1 loss of box codes (Girshick, Fast R-CNN, equation 3), as Huber's loss:
//   loss(e) = e^2 / 2 if |e| <= delta, else delta * (|e| - delta / 2),  e = prediction - target
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// The predictions of one feature map, and the targets of all anchors of the image.
struct SmoothL1 {
  View prediction;           // [images, anchors, 4] or [images, height, width, cell * 4]
  View targets;              // [images, all anchors, 4], accumulator of the prediction's dtype
  View weights;              // [images, all anchors], as targets
  int64_t first_anchor = 0;  // of the feature map among all anchors
  double delta = 1;

  int64_t images() const { return prediction.shape[0]; }
  int64_t anchors() const { return prediction.shape.size() / (images() * 4); }
};

// The number of partial sums per image: `partial` below is workspace of [images, smooth_l1_chunks]
// in the accumulator dtype.
int64_t smooth_l1_chunks(const SmoothL1&);

// Writes loss [images], in the accumulator dtype: the weighted sums over anchors and codes.
void smooth_l1_forward(Queue, const SmoothL1&, View partial, View loss);

// Writes dprediction, of the prediction's shape and dtype, given dloss [images].
void smooth_l1_backward(Queue, const SmoothL1&, View dloss, View dprediction);

}  // namespace kernels
