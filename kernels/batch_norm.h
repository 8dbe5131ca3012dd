// Batch normalisation over all but the last dimension (Ioffe and Szegedy, arXiv:1502.03167), fused
// with the sum of a residual and the activation that follow it.
#pragma once
#include "kernels/activation.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// Activations x, residual, y, g, dx have one shape and dtype; everything else is [channels] in
// that dtype's accumulator.

// Elements of the accumulator that batch_norm_batch_moments needs as scratch.
int64_t batch_norm_scratch(const Shape& x);

// What the normalisation uses and the gradient needs again.
struct BatchNormMoments {
  View mean, inv_std;  // inv_std = 1 / sqrt(variance + epsilon)
};

// Moments of this batch; the moving statistics step towards them in place by 1 - decay, the
// variance with Bessel's correction. An empty batch leaves the moving statistics as they are.
struct BatchNormMoving {
  View mean, variance;
  double decay;
};
void batch_norm_batch_moments(Queue, View x, BatchNormMoments, BatchNormMoving, double epsilon,
                              View scratch);
// The same moments from sums over the `rows` pixels that somebody else, the convolution, made:
// mean = sum / rows, variance = max(sum_of_squares / rows - mean^2, 0), which costs digits where
// the mean is far from zero (docs/numerics.md).
struct BatchNormSums {
  View sum, sum_of_squares;
  int64_t rows;
};
void batch_norm_moments_of_sums(Queue, const BatchNormSums&, BatchNormMoments, BatchNormMoving,
                                double epsilon);
void batch_norm_moving_moments(Queue, BatchNormMoving, BatchNormMoments, double epsilon);

// y = activation(gamma * (x - mean) * inv_std + beta + residual); residual may be empty.
struct BatchNormForward {
  View x, residual, gamma, beta, y;
  BatchNormMoments moments;
  Activation activation;
};
void batch_norm(Queue, const BatchNormForward&);

// The gradient of x from g, that of gamma * xhat + beta, and from dbeta = sum g and dgamma = sum g
// * xhat (kernels/channel_grads.h). If the moments were the batch's, dx = gamma * inv_std * (g -
// dbeta / n - xhat * dgamma / n), else dx = gamma * inv_std * g, and x is not read. dx may be g.
struct BatchNormBackward {
  View x, g, gamma, dgamma, dbeta, dx;
  BatchNormMoments moments;
  bool batch_statistics;
};
void batch_norm_backward(Queue, const BatchNormBackward&);

}  // namespace kernels
