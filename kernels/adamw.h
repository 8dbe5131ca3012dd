// AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019,
// arXiv:1711.05101) on flat buffers, in the order of PyTorch's torch.optim.AdamW:
//   g = gradient / (loss_scale * divisor)
//   if clip_norm > 0:  g *= clip_norm / max(clip_norm, |g|)
//   w *= 1 - rate * weight_decay    (the first `decayed` weights)
//   first = beta1 * first + (1 - beta1) * g
//   second = beta2 * second + (1 - beta2) * g^2
//   w -= rate / (1 - beta1^t) * first / (sqrt(second / (1 - beta2^t)) + epsilon)
// t is the number of applied updates, with this one. If some gradient is not finite, everything is
// skipped.
#pragma once
#include "kernels/update.h"

namespace kernels {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0.01;
};

// One update. `first`, `second`: the moving averages of the gradient and of its square, [n] in the
// master dtype.
void adamw(Queue, const UpdateBuffers&, View first, View second, const UpdateOptions&,
           const AdamWOptions&);

}  // namespace kernels
