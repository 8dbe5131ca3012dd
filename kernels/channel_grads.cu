#include "kernels/channel_grads.h"

#include "kernels/column_chunks.h"
#include "kernels/simt_columns.h"

namespace kernels {
namespace {

constexpr int kMostSums = 2;

// Partial sums of a chunk of rows, [chunks, sums, channels].
template <class A, int kSums> struct Partial {
  A* data;
  int channels;
  HD A& operator()(int chunk, int sum, int c) const {
    return data[(int64_t(chunk) * kSums + sum) * channels + c];
  }
};

// Sums of g and, with a batch norm, g * (x - mean) of one chunk.
template <class T, bool kMasked, bool kNormalised> struct ChannelGradSums {
  using Total = Acc<T>;
  static constexpr int kSums = kNormalised ? 2 : 1;
  T* g;
  const T *saved, *x;
  const Total* mean;
  Partial<Total, kSums> partial;
  Activation mask;

  template <int V> struct Constants { Total mean[V]; };
  template <int V> HD Constants<V> channel(int, int c) const {
    Constants<V> k;
    UNROLL(8)
    for (int i = 0; i < V; ++i) k.mean[i] = kNormalised ? mean[c + i] : Total(0);
    return k;
  }
  template <int V> HD Pack<T, V> gradient(int64_t i) const {
    Pack<T, V> grad = load<V>(g + i);
    if constexpr (kMasked) {
      Pack<T, V> out = load<V>(saved + i);
      UNROLL(8)
      for (int k = 0; k < V; ++k)
        grad.at[k] =
            T(activation_slope(mask, Total(out.at[k])) != 0 ? Total(grad.at[k]) : Total(0));
      store<V>(g + i, grad);
    }
    return grad;
  }
  template <int V>
  HD void add(const Constants<V>& constants, int row, int c, Total (&sum)[kSums][V]) const {
    int64_t i = int64_t(row) * partial.channels + c;
    Pack<T, V> grad = gradient<V>(i), in;
    if constexpr (kNormalised) in = load<V>(x + i);
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      sum[0][k] += Total(grad.at[k]);
      if constexpr (kNormalised)
        sum[1][k] += Total(grad.at[k]) * (Total(in.at[k]) - constants.mean[k]);
    }
  }
  HD void finish(int chunk, int c, const Total (&total)[kSums]) const {
    for (int j = 0; j < kSums; ++j) partial(chunk, j, c) = total[j];
  }
};

template <class A, bool kNormalised> struct ChannelGradMerge {
  using Total = double;
  static constexpr int kSums = kNormalised ? 2 : 1;
  Partial<A, kSums> partial;
  const A* inv_std;
  A *dbeta, *dgamma;

  template <int V> HD Nothing channel(int, int) const { return {}; }
  template <int V> HD void add(Nothing, int chunk, int c, double (&sum)[kSums][V]) const {
    UNROLL(8)
    for (int k = 0; k < V; ++k)
      for (int j = 0; j < kSums; ++j) sum[j][k] += partial(chunk, j, c + k);
  }
  HD void finish(int, int c, const double (&total)[kSums]) const {
    dbeta[c] = A(total[0]);
    if constexpr (kNormalised) dgamma[c] = A(total[1] * inv_std[c]);
  }
};

template <class T, bool kMasked, bool kNormalised>
void run(Queue queue, const ChannelGradsArgs& a) {
  using A = Acc<T>;
  using Sums = ChannelGradSums<T, kMasked, kNormalised>;
  const int64_t rows = rows_of(a.g.shape), channels = channels_of(a.g.shape);
  const ColumnChunks chunks = column_chunks(rows);
  Partial<A, Sums::kSums> partial{a.scratch.as<A>(), int(channels)};
  if (rows)
    column_sums<T>(
        queue, {rows, channels, chunks.rows_per_chunk},
        Sums{a.g.as<T>(), a.saved.as<T>(), a.x.as<T>(), a.mean.as<A>(), partial, a.mask});
  column_sums<Pack<double, 2>>(queue, {chunks.count, channels, 1024},
                               ChannelGradMerge<A, kNormalised>{partial, a.inv_std.as<A>(),
                                                                a.dbeta.as<A>(), a.dgamma.as<A>()});
}

}  // namespace

int64_t channel_grads_scratch(const Shape& g) {
  return column_chunks(rows_of(g)).count * kMostSums * channels_of(g);
}

void channel_grads(Queue queue, const ChannelGradsArgs& a) {
  const bool masked = a.mask != Activation::none, normalised = bool(a.dgamma);
  dispatch(a.g.dtype, [&]<class T>() {
    if (masked)
      normalised ? run<T, true, true>(queue, a) : run<T, true, false>(queue, a);
    else
      normalised ? run<T, false, true>(queue, a) : run<T, false, false>(queue, a);
  });
}

}  // namespace kernels
