// Batch norm with constant statistics is an affine map: it folds into the convolution before it.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// folded_weight = weight * s and folded_bias = beta - mean * s with s = gamma / sqrt(variance +
// epsilon), per output channel. weight: [out, k, k, in] in the master dtype; folded_weight the same
// in any dtype; the others [out] in the master dtype.
struct FoldBatchNormArgs {
  View weight, gamma, beta, mean, variance;
  double epsilon;
  View folded_weight, folded_bias;
};
void fold_batch_norm(Queue, const FoldBatchNormArgs&);

}  // namespace kernels
