#include "kernels/fold_batch_norm.h"

#include "kernels/simt.h"

namespace kernels {
namespace {

template <class A> struct Affine {  // of one channel
  const A *gamma, *beta, *mean, *variance;
  A epsilon;
  HD A scale(int channel) const { return gamma[channel] / std::sqrt(variance[channel] + epsilon); }
};

template <class A, class T> struct FoldWeight {  // one element: one weight
  Affine<A> affine;
  const A* weight;
  T* folded;
  int per_channel;
  HD void operator()(int i) const { folded[i] = T(weight[i] * affine.scale(i / per_channel)); }
};

template <class A> struct FoldBias {  // one element: one output channel
  Affine<A> affine;
  A* folded;
  HD void operator()(int i) const { folded[i] = affine.beta[i] - affine.mean[i] * affine.scale(i); }
};

template <class A> void fold(Queue queue, const FoldBatchNormArgs& a) {
  Affine<A> affine{a.gamma.as<A>(), a.beta.as<A>(), a.mean.as<A>(), a.variance.as<A>(),
                   A(a.epsilon)};
  int64_t channels = a.weight.shape[0], weights = a.weight.shape.size();
  dispatch(a.folded_weight.dtype, [&]<class T>() {
    each(queue, weights,
         FoldWeight<A, T>{affine, a.weight.as<A>(), a.folded_weight.as<T>(),
                          int(weights / channels)});
  });
  each(queue, channels, FoldBias<A>{affine, a.folded_bias.as<A>()});
}

}  // namespace

void fold_batch_norm(Queue queue, const FoldBatchNormArgs& a) {
  if (a.weight.dtype == DType::f32) return fold<float>(queue, a);
#ifndef __CUDACC__
  if (a.weight.dtype == DType::f64) return fold<double>(queue, a);
#endif
  throw std::logic_error("fold_batch_norm: the master dtype is f32");
}

}  // namespace kernels
