#include "kernels/channel_grads.h"

#include "kernels/batch_norm_constants.h"
#include "kernels/column_chunks.h"

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

enum class Masked { no, by_output, by_batch_norm };

// Sums of g and, with a batch norm, g * (x - mean) of one chunk.
template <class T, Masked kMasked, bool kNormalised> struct ChannelGradSums {
  using Total = Acc<T>;
  static constexpr int kSums = kNormalised ? 2 : 1;
  T* g;
  const T *saved, *x;
  BatchNormConstants<Total> constants;
  Partial<Total, kSums> partial;
  Activation mask;

  template <int V> HD Normalisation<Total, V> channel(int, int c) const {
    if constexpr (kMasked == Masked::by_batch_norm) return constants.template at<V>(c);
    Normalisation<Total, V> k{};
    if constexpr (kNormalised) k.mean = channels_at<V>(constants.mean, c);
    return k;
  }
  template <int V> HD Pack<T, V> gradient(int64_t i) const {
    Pack<T, V> grad = load<V>(g + i);
    if constexpr (kMasked == Masked::by_output) {
      Pack<T, V> out = load<V>(saved + i);
      UNROLL(8)
      for (int k = 0; k < V; ++k)
        grad.at[k] = activation_slope(mask, Total(out.at[k])) != 0 ? grad.at[k] : T(Total(0));
      store<V>(g + i, grad);
    }
    return grad;
  }
  template <int V>
  HD void add(const Normalisation<Total, V>& normalised, int row, int c,
              Total (&sum)[kSums][V]) const {
    int64_t i = int64_t(row) * partial.channels + c;
    Pack<T, V> grad = gradient<V>(i), in;
    if constexpr (kNormalised) in = load<V>(x + i);
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      Total d = Total(grad.at[k]);
      if constexpr (kMasked == Masked::by_batch_norm)
        d = passes<T>(mask, normalised(Total(in.at[k]), k)) ? d : Total(0);
      sum[0][k] += d;
      if constexpr (kNormalised) sum[1][k] += d * (Total(in.at[k]) - normalised.mean.at[k]);
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

template <class T, Masked kMasked, bool kNormalised>
void run(Queue queue, const ChannelGradsArgs& a) {
  using A = Acc<T>;
  using Sums = ChannelGradSums<T, kMasked, kNormalised>;
  const int64_t rows = rows_of(a.g.shape), channels = channels_of(a.g.shape);
  const ColumnChunks chunks = column_chunks(rows);
  Partial<A, Sums::kSums> partial{a.scratch.as<A>(), int(channels)};
  if (rows)
    column_sums<T>(queue, {rows, channels, chunks.rows_per_chunk},
                   Sums{a.g.as<T>(),
                        a.saved.as<T>(),
                        a.x.as<T>(),
                        {a.mean.as<A>(), a.inv_std.as<A>(), a.gamma.as<A>(), a.beta.as<A>()},
                        partial,
                        a.mask});
  column_sums<Pack<double, 2>>(queue, {chunks.count, channels, 1024},
                               ChannelGradMerge<A, kNormalised>{partial, a.inv_std.as<A>(),
                                                                a.dbeta.as<A>(), a.dgamma.as<A>()});
}

}  // namespace

int64_t channel_grads_scratch(const Shape& g) {
  return column_chunks(rows_of(g)).count * kMostSums * channels_of(g);
}

void channel_grads(Queue queue, const ChannelGradsArgs& a) {
  const bool normalised = bool(a.dgamma);
  dispatch(a.g.dtype, [&]<class T>() {
    if (a.mask == Activation::none)
      normalised ? run<T, Masked::no, true>(queue, a) : run<T, Masked::no, false>(queue, a);
    else if (!a.saved)
      run<T, Masked::by_batch_norm, true>(queue, a);
    else
      normalised ? run<T, Masked::by_output, true>(queue, a)
                 : run<T, Masked::by_output, false>(queue, a);
  });
}

}  // namespace kernels
