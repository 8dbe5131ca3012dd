// Computes the input of batch norm's activation, for the forward pass and for the masks of the
// gradients, which must find the same bits. Included by .cu files only.
#pragma once
#include "kernels/simt_columns.h"

namespace kernels {

// Of V neighbouring channels.
template <class A, int V> struct Normalisation {
  Channels<A, V> mean, scale, beta;
  HD A operator()(A x, int k) const { return (x - mean.at[k]) * scale.at[k] + beta.at[k]; }
};

template <class A> struct BatchNormConstants {
  const A *mean, *inv_std, *gamma, *beta;

  template <int V> HD Channels<A, V> scale(int c) const {
    Channels<A, V> scale = channels_at<V>(gamma, c), factor = channels_at<V>(inv_std, c);
    UNROLL(8)
    for (int k = 0; k < V; ++k) scale.at[k] *= factor.at[k];
    return scale;
  }
  template <int V> HD Normalisation<A, V> at(int c) const {
    return {channels_at<V>(mean, c), scale<V>(c), channels_at<V>(beta, c)};
  }
};

}  // namespace kernels
