// Every operation the models use. Each runs now and, if a tape is present, records its gradient.
// Activations are [images, height, width, channels]; work is done in the inputs' dtype with sums in
// accumulator(dtype).
#pragma once
#include "engine/context.h"
#include "kernels/focal_loss.h"

namespace engine {

Tensor add(const Context&, const Tensor& a, const Tensor& b);  // equal shapes and dtypes
void add_into(const Context&, const Tensor& sum,
              const Tensor& term);                       // sum += term; dtypes may differ
Tensor cast(const Context&, const Tensor& x, DType to);  // x itself where it has the dtype
Tensor relu(const Context&, const Tensor& x);
Tensor relu6(const Context&, const Tensor& x);
Tensor bias(const Context&, const Tensor& x, const Tensor& b);  // b: [channels]

// activation(conv(x, weight) + bias + residual); weight [out, k, k, in]; bias and residual may be
// empty.
struct ConvOptions {
  int stride = 1;
  Padding pad;
  Activation activation = Activation::none;
};
Tensor conv(const Context&, const Tensor& x, const Tensor& weight, const ConvOptions&,
            const Tensor& bias = {}, const Tensor& residual = {});

// Sums over all pixels of y and of y * y, [channels] in accumulator(dtype).
struct ChannelSums {
  Tensor sum, sum_of_squares;
};
// conv(x, weight). Where the device adds up y on the way, `sums` receives what batch_norm would
// otherwise read y again for; elsewhere it is left empty. options.activation: none.
Tensor conv_with_sums(const Context&, const Tensor& x, const Tensor& weight, const ConvOptions&,
                      ChannelSums& sums);

// activation(gamma * (x - mean) / sqrt(variance + epsilon) + beta + residual), per channel;
// residual may be empty. In training contexts mean and (biased) variance are this batch's, from
// `sums` where given, and the moving statistics are updated in place: m += (1 - decay) * (batch -
// m), with the Bessel-corrected variance. In others the moving statistics are used as they are, and
// gradients flow to x, gamma, beta and residual all the same. gamma, beta, mean, variance:
// [channels] in accumulator(dtype).
struct BatchNormOptions {
  double epsilon = 1e-3, decay = 0.997;
  Activation activation = Activation::none;
};
struct BatchNormParameters {
  Tensor gamma, beta, moving_mean, moving_variance;
};
Tensor batch_norm(const Context&, const Tensor& x, const BatchNormParameters&,
                  const BatchNormOptions&, const Tensor& residual = {},
                  const ChannelSums& sums = {});

// activation(batch_norm(conv(x, weight)) + residual) with constant mean and variance, in any
// context, as one convolution: the batch norm is folded into kernel and bias
// (kernels/fold_batch_norm.h), rounded once to x's dtype. The kernel's values come from `master`;
// `weight`, of the same shape, is what their gradient belongs to. residual may be empty.
struct FrozenBatchNorm {
  Tensor master;                       // [out, k, k, in] in accumulator(dtype)
  Tensor gamma, beta, mean, variance;  // [out] in accumulator(dtype)
  double epsilon = 1e-3;
};
Tensor conv_frozen_batch_norm(const Context&, const Tensor& x, const Tensor& weight,
                              const ConvOptions&, const FrozenBatchNorm&,
                              const Tensor& residual = {});

// Largest value of each window; padding never wins; of equal values the first in row order.
Tensor max_pool(const Context&, const Tensor& x, int kernel, int stride, Padding pad);
Tensor subsample(const Context&, const Tensor& x);  // rows and columns 0, 2, 4...
Tensor upsample_add(const Context&, const Tensor& coarse,
                    const Tensor& fine);  // fine + coarse, repeated

// Losses per image, [images] in accumulator(dtype), of one feature map's predictions against
// targets of all anchors; formulas: kernels/focal_loss.h, kernels/smooth_l1.h. Predictions are
// [images, anchors, k] or [images, height, width, cell * k]; targets other than classes are in
// accumulator(dtype) and get no gradient.
using kernels::FocalOptions;
struct FocalTargets {
  Tensor classes, weights;   // [images, all anchors]: target column i32, 0 for background; weight
  int64_t first_anchor = 0;  // of this feature map
  int columns = 0;           // classes and the background's column
};
Tensor focal_loss(const Context&, const Tensor& logits, const FocalTargets&, const FocalOptions&);
struct BoxTargets {
  Tensor boxes, weights;     // [images, all anchors, 4], [images, all anchors]
  int64_t first_anchor = 0;  // of this feature map
};
Tensor smooth_l1(const Context&, const Tensor& prediction, const BoxTargets&, double delta);

}  // namespace engine
