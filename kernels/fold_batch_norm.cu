#include "kernels/fold_batch_norm.h"

#include "kernels/dispatch_accumulator.h"
#include "kernels/simt.h"

namespace kernels {
namespace {

template <class A> struct FrozenMoments {  // of all channels
  const A *gamma, *mean, *variance;
  A epsilon;
  HD A sigma(int channel) const { return std::sqrt(variance[channel] + epsilon); }
  HD A scale(int channel) const { return gamma[channel] / sigma(channel); }
};

template <class A, class T> struct FoldBatchNorm {  // one block: one output channel
  FrozenMoments<A> moments;
  const A *beta, *weight;
  T* folded_weight;
  A* folded_bias;
  int per_channel;

  template <class Block> HD void operator()(Block block) const {
    int channel = int(block.index);
    A scale = moments.scale(channel);
    const A* from = weight + block.index * per_channel;
    T* to = folded_weight + block.index * per_channel;
    block.each(per_channel, [&](int i) { to[i] = T(from[i] * scale); });
    block.once([&] { folded_bias[channel] = beta[channel] - moments.mean[channel] * scale; });
  }
};

template <class A> struct FoldBatchNormBackward {  // one block: one output channel
  FrozenMoments<A> moments;
  const A *weight, *dbias;
  A *dweight, *dgamma;
  int per_channel;

  template <class Block> HD void operator()(Block block) const {
    int channel = int(block.index);
    A scale = moments.scale(channel);
    const A* w = weight + block.index * per_channel;
    A* dw = dweight + block.index * per_channel;
    A inner = block.reduce(per_channel, A(0), Sum{}, [&](int i) { return dw[i] * w[i]; });
    block.each(per_channel, [&](int i) { dw[i] *= scale; });
    block.once([&] {
      dgamma[channel] = (inner - moments.mean[channel] * dbias[channel]) / moments.sigma(channel);
    });
  }
};

template <class A, class Args> FrozenMoments<A> moments_of(const Args& a) {
  return {a.gamma.template as<A>(), a.mean.template as<A>(), a.variance.template as<A>(),
          A(a.epsilon)};
}

}  // namespace

void fold_batch_norm(Queue queue, const FoldBatchNormArgs& a) {
  int64_t channels = a.weight.shape[0];
  int per_channel = channels ? int(a.weight.shape.size() / channels) : 0;
  dispatch_accumulator(a.weight.dtype, [&]<class A>() {
    dispatch(a.folded_weight.dtype, [&]<class T>() {
      blocks<256>(queue, channels,
                  FoldBatchNorm<A, T>{moments_of<A>(a), a.beta.as<A>(), a.weight.as<A>(),
                                      a.folded_weight.as<T>(), a.folded_bias.as<A>(), per_channel});
    });
  });
}

void fold_batch_norm_backward(Queue queue, const FoldBatchNormBackwardArgs& a) {
  int64_t channels = a.weight.shape[0];
  int per_channel = channels ? int(a.weight.shape.size() / channels) : 0;
  dispatch_accumulator(a.weight.dtype, [&]<class A>() {
    blocks<256>(queue, channels,
                FoldBatchNormBackward<A>{moments_of<A>(a), a.weight.as<A>(), a.dbias.as<A>(),
                                         a.dweight.as<A>(), a.dgamma.as<A>(), per_channel});
  });
}

}  // namespace kernels
