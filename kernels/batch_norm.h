// Batch normalisation over all dimensions but the last (Ioffe and Szegedy, arXiv:1502.03167), fused
// with the addition of a residual and an activation behind it.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// The activations x, residual, y, g and dx have one shape and dtype. All other views are [channels]
// in the accumulator of that dtype.

// Elements of the accumulator that batch_norm_batch_moments needs as scratch.
int64_t batch_norm_scratch(const Shape& x);

// The moments that the normalisation uses, and that its gradient needs again.
struct BatchNormMoments {
  View mean, inv_std;  // inv_std = 1 / sqrt(variance + epsilon)
};

// Computes the moments of this batch. The moving statistics are updated in place: m += (1 - decay)
// * (batch - m), with Bessel's correction of the variance. An empty batch leaves them as they are.
struct BatchNormMoving {
  View mean, variance;
  double decay;
};
void batch_norm_batch_moments(Queue, View x, BatchNormMoments, BatchNormMoving, double epsilon,
                              View scratch);
// Computes the moments from sums over the `rows` pixels, which the convolution before has computed:
// mean = sum / rows, variance = max(sum_of_squares / rows - mean^2, 0). This loses digits if the
// mean is far from zero (docs/numerics.md).
struct BatchNormSums {
  View sum, sum_of_squares;
  int64_t rows;
};
void batch_norm_moments_of_sums(Queue, const BatchNormSums&, BatchNormMoments, BatchNormMoving,
                                double epsilon);
// Computes the moments of the batches of all ranks, which have equally many pixels. `gathered`
// [ranks, 2, channels] holds each rank's mean and variance, with Bessel's correction, of its `rows`
// pixels. A rank computes them with batch_norm_batch_moments: if decay is 0, the moving statistics
// that it writes are those of the batch.
void batch_norm_moments_of_ranks(Queue, View gathered, int64_t rows, BatchNormMoments,
                                 BatchNormMoving, double epsilon);
// mean [n] = the mean of the rows of gathered [ranks, n], which are added in order.
void mean_of_ranks(Queue, View gathered, View mean);
// Computes the moments for inference from the moving statistics.
void batch_norm_moving_moments(Queue, BatchNormMoving, BatchNormMoments, double epsilon);

// y = activation(gamma * (x - mean) * inv_std + beta + residual); residual may be empty.
struct BatchNormForward {
  View x, residual, gamma, beta, y;
  BatchNormMoments moments;
  Activation activation;
};
void batch_norm(Queue, const BatchNormForward&);

// The gradient of x. With xhat = (x - mean) * inv_std, g is the gradient of gamma * xhat + beta;
// dbeta = sum g and dgamma = sum g * xhat come from kernels/channel_grads.h.
//   batch_statistics: dx = gamma * inv_std * (g - dbeta / n - xhat * dgamma / n)
//   else:             dx = gamma * inv_std * g
// If an activation follows the batch norm and no residual is added between them, `mask` is that
// activation, and g counts as 0 where its slope is 0. Otherwise `mask` is none, because g is masked
// already or needs no mask. x is read only with a mask or with batch statistics, and beta only with
// a mask. dx may use the memory of g.
struct BatchNormBackward {
  View x, g, gamma, beta, dgamma, dbeta, dx;
  BatchNormMoments moments;
  bool batch_statistics;
  Activation mask;
};
void batch_norm_backward(Queue, const BatchNormBackward&);

}  // namespace kernels
