// Gradients of what there is one of per channel, a bias or a batch norm's gamma and beta: sums over
// all pixels of the gradient of what it produced.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// g, saved and x have one shape, [..., channels], and dtype; everything else is [channels] in that
// dtype's accumulator.
struct ChannelGradsArgs {
  View g;  // first zeroed, in place, where `saved`, the output of `mask`, is closed
  Activation mask = Activation::none;
  View saved;             // read only if there is a mask
  View x, mean, inv_std;  // of a batch norm; empty: there is none, and no dgamma
  View dbeta, dgamma;     // sum g; sum g * (x - mean) * inv_std
  View scratch;           // channel_grads_scratch() elements of the accumulator
};
int64_t channel_grads_scratch(const Shape& g);
void channel_grads(Queue, const ChannelGradsArgs&);

}  // namespace kernels
