// Sigmoid focal loss (Lin et al., Focal Loss for Dense Object Detection, equation 5).
#pragma once
#include <optional>

#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// With p = sigmoid(logit), p_t = p where the target is 1, else 1 - p, and alpha_t likewise:
//   loss = -alpha_t * (1 - p_t)^gamma * ln p_t
struct FocalOptions {
  std::optional<double> alpha = 0.25;  // none: alpha_t = 1
  double gamma = 2;
};

// One feature map's logits against targets of all anchors of the image. Column 0 is background and
// never a target; an anchor of class 0 has no target at all.
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

// Blocks per image; partial is [images, focal_loss_chunks] in the accumulator dtype.
int64_t focal_loss_chunks(const FocalLoss&);

// loss [images], accumulator dtype: weighted sum over anchors and columns.
void focal_loss_forward(Queue, const FocalLoss&, View partial, View loss);

// dlogits, of the logits' shape and dtype, for dloss [images].
void focal_loss_backward(Queue, const FocalLoss&, View dloss, View dlogits);

}  // namespace kernels
