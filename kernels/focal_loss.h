// Sigmoid focal loss (Lin et al., Focal Loss for Dense Object Detection, equation 5).
#pragma once
#include <optional>

#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// With p = sigmoid(logit), p_t = p and alpha_t = alpha if the target is 1, else p_t = 1 - p and
// alpha_t = 1 - alpha:
//   loss = -alpha_t * (1 - p_t)^gamma * ln p_t
struct FocalOptions {
  std::optional<double> alpha = 0.25;  // none: alpha_t = 1
  double gamma = 2;
};

// The logits of one feature map, and the targets of all anchors of the image. Column 0 is the
// background's: its target is always 0, and an anchor of class 0 has the target 0 in every column.
struct FocalLoss {
  View logits;   // [images, anchors, columns] or [images, height, width, cell * columns]
  View classes;  // [images, all anchors] i32: target column
  View weights;  // [images, all anchors], accumulator of the logits' dtype
  int64_t first_anchor = 0;  // of the feature map among all anchors
  int columns = 0;
  FocalOptions options;

  int64_t images() const { return logits.shape[0]; }
  int64_t anchors() const { return logits.shape.size() / (images() * columns); }
};

// The number of partial sums per image: `partial` below is workspace of [images, focal_loss_chunks]
// in the accumulator dtype.
int64_t focal_loss_chunks(const FocalLoss&);

// Writes loss [images], in the accumulator dtype: the weighted sums over anchors and columns.
void focal_loss_forward(Queue, const FocalLoss&, View partial, View loss);

// Writes dlogits, of the logits' shape and dtype, given dloss [images].
void focal_loss_backward(Queue, const FocalLoss&, View dloss, View dlogits);

}  // namespace kernels
