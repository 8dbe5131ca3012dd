// Sigmoid focal loss (Lin et al., Focal Loss for Dense Object Detection, equation 5).
#pragma once
#include <optional>
#include <vector>

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

// The logits of 1 to 8 feature maps, and the targets of their anchors, one map's after the other's.
// Column 0 is the background's: its target is always 0, and an anchor of class 0 has the target 0
// in every column.
struct FocalLoss {
  std::vector<View>
      logits;    // each [images, anchors, columns] or [images, height, width, cell * columns]
  View classes;  // [images, all anchors] i32: target column
  View weights;  // [images, all anchors], accumulator of the logits' dtype
  int columns = 0;
  FocalOptions options;

  int64_t images() const { return logits.at(0).shape[0]; }
};

// The number of partial sums per image: `partial` below is workspace of [images, focal_loss_chunks]
// in the accumulator dtype. Throws std::invalid_argument if there are more than 8 feature maps.
int64_t focal_loss_chunks(const FocalLoss&);

// Writes loss [images], in the accumulator dtype: the weighted sums over anchors and columns.
void focal_loss_forward(Queue, const FocalLoss&, View partial, View loss);

// Writes dlogits, of the logits' shapes and dtype, given dloss [images].
void focal_loss_backward(Queue, const FocalLoss&, View dloss, const std::vector<View>& dlogits);

}  // namespace kernels
