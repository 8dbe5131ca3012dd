// Folds a batch norm with constant statistics, which is an affine map, into the convolution before
// it.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// Per output channel, with s = gamma / sigma and sigma = sqrt(variance + epsilon):
//   folded_weight = s * weight, folded_bias = beta - s * mean.
// weight is [out, k, k, in] in the master dtype; folded_weight has this shape and any dtype; all
// others are [out] in the master dtype.
struct FoldBatchNormArgs {
  View weight, gamma, beta, mean, variance;
  double epsilon;
  View folded_weight, folded_bias;
};
void fold_batch_norm(Queue, const FoldBatchNormArgs&);

// Gradients of the above from those of folded_weight (`dweight`) and folded_bias (`dbias`):
//   dbeta = dbias, dgamma = (<dweight, weight> - mean * dbias) / sigma,
// and dweight becomes, in place, the gradient of weight: s * dweight. All in the master dtype.
struct FoldBatchNormBackwardArgs {
  View weight, gamma, mean, variance;
  double epsilon;
  View dweight, dbias, dgamma;
};
void fold_batch_norm_backward(Queue, const FoldBatchNormBackwardArgs&);

}  // namespace kernels
