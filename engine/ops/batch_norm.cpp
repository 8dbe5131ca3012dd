#include "kernels/batch_norm.h"

#include "engine/base/error.h"
#include "engine/collectives/collectives.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/activation.h"
#include "engine/ops/channel_gradients.h"
#include "kernels/column_chunks.h"
#include "kernels/elementwise.h"

namespace engine {
namespace {

void check_parameters(const Tensor& x, const BatchNormParameters& p, const Tensor& residual) {
  SSD_CHECK(x.shape().rank >= 1, "batch_norm: x has no channels");
  Shape expected{1, {kernels::channels_of(x.shape())}};
  for (const Tensor* t : {&p.gamma, &p.beta, &p.moving_mean, &p.moving_variance})
    SSD_CHECK(t->shape() == expected && t->dtype() == accumulator(x.dtype()),
              "batch_norm: gamma, beta and the moving statistics must be [", expected[0],
              "] in the accumulator's dtype");
  SSD_CHECK(!residual || (residual.shape() == x.shape() && residual.dtype() == x.dtype()),
            "batch_norm: the residual differs from x in shape or dtype");
}

// Gathers a vector [n] of each rank: [ranks, n].
Tensor gathered(const Context& c, const char* what, const Tensor& mine) {
  Tensor all = c.empty({2, {c.ranks->size(), mine.shape().size()}}, mine.dtype());
  c.ranks->gather(what, mine, all, c.queue);
  return all;
}

View row(const Tensor& two_rows, int64_t index) {
  const View v = two_rows;
  const int64_t n = v.shape.size() / 2;
  return {v.as<char>() + index * n * kernels::size_of(v.dtype), v.dtype, {1, {n}}};
}

// What a recorded batch norm keeps for its backward pass.
struct Recorded {
  ChannelGradsWanted normalised;
  Tensor gamma, beta;
  bool batch_statistics, sync, residual;
  Activation mask;  // an activation without a step of its own, whose mask this step applies
};

// dbeta and dgamma are sums over pixels. These are their means over the ranks; divided by the
// pixels of one rank, they are the means over the pixels of all ranks.
struct MeanGradients {
  Tensor both;
  View dbeta() const { return row(both, 0); }
  View dgamma() const { return row(both, 1); }
};
MeanGradients over_ranks(const Context& c, const ChannelGradients& own) {
  Tensor mine = c.empty({2, {2, own.dbeta.shape().size()}}, own.dbeta.dtype());
  kernels::cast(c.queue, own.dbeta, row(mine, 0));
  kernels::cast(c.queue, own.dgamma, row(mine, 1));
  MeanGradients mean{c.empty(mine.shape(), mine.dtype())};
  kernels::mean_of_ranks(c.queue, gathered(c, "batch-norm gradients", mine), mean.both);
  return mean;
}

Tensors backward(const Context& c, const Recorded& r, const OutputGrad& dy) {
  const ChannelGradients own =
      channel_gradients(c, dy, r.normalised, {r.mask, {}, r.gamma, r.beta});
  const MeanGradients mean = r.sync ? over_ranks(c, own) : MeanGradients{};
  const Tensor& g = dy.value;
  // The residual's gradient is g itself and must survive.
  Tensor dx = !r.residual && g.unique() ? g : c.empty(g.shape(), g.dtype());
  kernels::batch_norm_backward(c.queue, {.x = r.normalised.x,
                                         .g = g,
                                         .gamma = r.gamma,
                                         .beta = r.beta,
                                         .dgamma = r.sync ? mean.dgamma() : View(own.dgamma),
                                         .dbeta = r.sync ? mean.dbeta() : View(own.dbeta),
                                         .dx = dx,
                                         .moments = {r.normalised.mean, r.normalised.inv_std},
                                         .batch_statistics = r.batch_statistics,
                                         .mask = r.mask});
  return {dx, own.dgamma, own.dbeta, r.residual ? g : Tensor()};
}

// With a residual, the activation is a step of its own: its masked gradient is also that of the
// residual, and the step that computes the gradient can apply the mask. Without one, both passes
// over the gradient find the mask anew from x, which they read anyway. So no pass has to write a
// masked gradient or to read y.
void record(const Context& c, const Tensor& y, const BatchNormParameters& p, const Tensor& residual,
            Activation activation, Recorded recorded) {
  if (!c.tape) return;
  const bool own_step = residual && activation != Activation::none;
  recorded.mask = own_step ? Activation::none : activation;
  const Tensor sum = own_step ? y.with_shape(y.shape()) : y;
  c.tape->record(
      {recorded.normalised.x, p.gamma, p.beta, residual}, sum,
      [recorded](const Context& c, const OutputGrad& dy, std::vector<InputTarget>&) {
        return backward(c, recorded, dy);
      },
      recorded.mask == Activation::none ? recorded.normalised : ChannelGradsWanted{});
  if (own_step) record_activation(c, sum, y, activation);
}

// Computes the moments of this rank's batch.
void batch_moments(const Context& c, const Tensor& x, const ChannelSums& sums,
                   kernels::BatchNormMoments moments, kernels::BatchNormMoving moving,
                   double epsilon) {
  if (sums.sum) {
    kernels::BatchNormSums from{sums.sum, sums.sum_of_squares, kernels::rows_of(x.shape())};
    return kernels::batch_norm_moments_of_sums(c.queue, from, moments, moving, epsilon);
  }
  Tensor scratch = c.empty({1, {kernels::batch_norm_scratch(x.shape())}}, moments.mean.dtype);
  kernels::batch_norm_batch_moments(c.queue, x, moments, moving, epsilon, scratch);
}

// Computes the moments of the batches of all ranks. Each rank gets the mean and variance of its own
// batch as moving statistics with decay 0.
void moments_over_ranks(const Context& c, const Tensor& x, const ChannelSums& sums,
                        kernels::BatchNormMoments moments, kernels::BatchNormMoving moving,
                        double epsilon) {
  Tensor mine = c.empty({2, {2, moments.mean.shape.size()}}, moments.mean.dtype);
  kernels::fill(c.queue, mine, 0);
  batch_moments(c, x, sums, moments, {row(mine, 0), row(mine, 1), 0}, epsilon);
  kernels::batch_norm_moments_of_ranks(c.queue, gathered(c, "batch-norm moments", mine),
                                       kernels::rows_of(x.shape()), moments, moving, epsilon);
}

bool synchronised(const Context& c, const BatchNormOptions& options) {
  return options.sync && c.training && c.ranks;
}

void find_moments(const Context& c, const Tensor& x, const BatchNormParameters& p,
                  const BatchNormOptions& options, const ChannelSums& sums,
                  kernels::BatchNormMoments moments) {
  kernels::BatchNormMoving moving{p.moving_mean, p.moving_variance, options.decay};
  if (!c.training)
    return kernels::batch_norm_moving_moments(c.queue, moving, moments, options.epsilon);
  const auto find = synchronised(c, options) ? moments_over_ranks : batch_moments;
  find(c, x, sums, moments, moving, options.epsilon);
}

}  // namespace

Tensor batch_norm(const Context& c, const Tensor& x, const BatchNormParameters& p,
                  const BatchNormOptions& options, const Tensor& residual,
                  const ChannelSums& sums) {
  Operation operation(c, "batch_norm");
  check_parameters(x, p, residual);
  Tensor mean = c.empty(p.gamma.shape(), p.gamma.dtype()),
         inv_std = c.empty(p.gamma.shape(), p.gamma.dtype());
  kernels::BatchNormMoments moments{mean, inv_std};
  find_moments(c, x, p, options, sums, moments);
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::batch_norm(c.queue, {.x = x,
                                .residual = residual,
                                .gamma = p.gamma,
                                .beta = p.beta,
                                .y = y,
                                .moments = moments,
                                .activation = options.activation});
  record(c, y, p, residual, options.activation,
         {.normalised = {ChannelGrads::batch_norm, x, mean, inv_std},
          .gamma = p.gamma,
          .beta = p.beta,
          .batch_statistics = c.training,
          .sync = synchronised(c, options),
          .residual = bool(residual)});
  return y;
}

}  // namespace engine
