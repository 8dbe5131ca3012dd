// The operations that the model uses. Each queues its work and, if the context has a tape, records
// its gradient. Activations are [images, height, width, channels]. Work is done in the dtype of the
// inputs, and sums in accumulator(dtype). Shapes or dtypes that do not fit are an error of the
// program: Error(failed).
#pragma once
#include "engine/context.h"
#include "kernels/focal_loss.h"

namespace engine {

// a + b, of equal shapes and dtypes.
Tensor add(const Context&, const Tensor& a, const Tensor& b);
// sum += term, without a gradient. Shapes are equal, dtypes may differ.
void add_into(const Context&, const Tensor& sum, const Tensor& term);

struct ConvOptions {
  int stride = 1;
  Padding pad;
  Activation activation = Activation::none;
};
// activation(conv(x, weight) + bias + residual). weight: [out, k, k, in]; bias: [out] in
// accumulator(dtype), or empty; residual: of the result's shape, or empty.
Tensor conv(const Context&, const Tensor& x, const Tensor& weight, const ConvOptions&,
            const Tensor& bias = {}, const Tensor& residual = {});

// Sums over all pixels of y and of y * y, [channels] in accumulator(dtype).
struct ChannelSums {
  Tensor sum, sum_of_squares;
};
// y = conv(x, weight), without an activation. If the device can sum up y in the same pass, `sums`
// receives the sums, so that batch_norm need not read y again for them; else they are empty.
Tensor conv_with_sums(const Context&, const Tensor& x, const Tensor& weight, const ConvOptions&,
                      ChannelSums& sums);

// Batch norm (kernels/batch_norm.h): activation(gamma * (x - mean) / sqrt(variance + epsilon) +
// beta + residual), per channel. residual may be empty. With c.training, mean and (biased) variance
// are those of the batch, from `sums` if given, and the moving statistics are updated in place: m
// += (1 - decay) * (batch - m), with the Bessel-corrected variance. Without c.training, the moving
// statistics are used as they are. In both cases gradients flow to x, gamma, beta and residual.
// gamma, beta and the statistics are [channels] in accumulator(dtype). With `sync` the batch is
// that of all ranks: mean, variance and their gradients are taken over all of it, and every rank's
// x has the same shape. The gradients of gamma and beta are this rank's share, as those of all
// other parameters are.
struct BatchNormOptions {
  double epsilon = 1e-3, decay = 0.997;
  Activation activation = Activation::none;
  bool sync = false;
};
struct BatchNormParameters {
  Tensor gamma, beta, moving_mean, moving_variance;
};
Tensor batch_norm(const Context&, const Tensor& x, const BatchNormParameters&,
                  const BatchNormOptions&, const Tensor& residual = {},
                  const ChannelSums& sums = {});

// activation(batch_norm(conv(x, weight)) + residual) with constant mean and variance, as one
// convolution: the batch norm is folded into the weight and a bias (kernels/fold_batch_norm.h),
// which are rounded once to x's dtype. The values are those of `master`. The tape receives their
// gradient as that of `weight`, which has the same shape. residual may be empty.
struct FrozenBatchNorm {
  Tensor master;                       // [out, k, k, in] in accumulator(dtype)
  Tensor gamma, beta, mean, variance;  // [out] in accumulator(dtype)
  double epsilon = 1e-3;
};
Tensor conv_frozen_batch_norm(const Context&, const Tensor& x, const Tensor& weight,
                              const ConvOptions&, const FrozenBatchNorm&,
                              const Tensor& residual = {});

// The largest value of each window. Padding is never the largest. The gradient goes to the first of
// equal values in row order.
Tensor max_pool(const Context&, const Tensor& x, int kernel, int stride, Padding pad);
// fine + coarse, each pixel of coarse repeated: nearest-neighbour upsampling. The height and width
// of fine are whole multiples of those of coarse.
Tensor upsample_add(const Context&, const Tensor& coarse, const Tensor& fine);

// Losses per image, [images] in accumulator(dtype), of the predictions of 1 to 8 feature maps. The
// targets are those of their anchors, one map's after the other's, in accumulator(dtype) except for
// the classes, and get no gradient. The predictions of a map are [images, anchors, k] or [images,
// height, width, cell * k]. kernels/focal_loss.h and kernels/smooth_l1.h have the formulas.
using kernels::FocalOptions;
struct FocalTargets {
  Tensor classes, weights;  // [images, all anchors]: target column i32, 0 for background; weight
  int columns = 0;          // classes and the background's column
};
Tensor focal_loss(const Context&, const Tensors& logits, const FocalTargets&, const FocalOptions&);
struct BoxTargets {
  Tensor boxes, weights;  // [images, all anchors, 4], [images, all anchors]
};
Tensor smooth_l1(const Context&, const Tensors& prediction, const BoxTargets&, double delta);

}  // namespace engine
