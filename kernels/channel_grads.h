// Channel gradients: those of a bias, or of the gamma and beta of a batch norm. They are sums over
// all pixels of a gradient g.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// g, saved and x have one shape, [..., channels], and one dtype. All other views are [channels] in
// the accumulator of that dtype.
struct ChannelGradsArgs {
  View g;
  Activation mask = Activation::none;  // g counts as 0 where the slope of this activation is 0
  View saved;             // the output of `mask`; if given, g is set to 0 where its slope is 0
  View x, mean, inv_std;  // the input and the moments of a batch norm; empty: no dgamma
  // Needed if there is a mask but no `saved`. The mask is then the activation of this batch norm,
  // which has no residual. Its output is computed anew from x, and g stays as it is.
  View gamma, beta;
  View dbeta, dgamma;  // dbeta = sum g, dgamma = sum g * (x - mean) * inv_std
  View scratch;        // channel_grads_scratch() elements of the accumulator
};
int64_t channel_grads_scratch(const Shape& g);
void channel_grads(Queue, const ChannelGradsArgs&);

}  // namespace kernels
