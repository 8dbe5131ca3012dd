#include "kernels/bias.h"

#include "kernels/column_chunks.h"
#include "kernels/simt_columns.h"

namespace kernels {
namespace {

template <class T> struct Bias {
  using A = Acc<T>;
  const T* x;
  const A* b;
  T* y;
  int channels;

  template <int V> struct Constants { A b[V]; };
  template <int V> HD Constants<V> channel(int c) const {
    Constants<V> k;
    UNROLL(8)
    for (int i = 0; i < V; ++i) k.b[i] = b[c + i];
    return k;
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> HD void apply(const Constants<V>& k, int64_t row, int c) const {
    Pack<T, V> v = load<V>(x + row + c);
    UNROLL(8)
    for (int i = 0; i < V; ++i) v.at[i] = T(A(v.at[i]) + k.b[i]);
    store<V>(y + row + c, v);
  }
};

// Column sums of `in` into out[chunk, channel].
template <class In, class Out, class T> struct BiasBackward {
  using Total = T;
  static constexpr int kSums = 1;
  const In* in;
  Out* out;
  int channels;

  template <int V> HD Nothing channel(int, int) const { return {}; }
  template <int V> HD void add(Nothing, int row, int c, Total (&sum)[kSums][V]) const {
    Pack<In, V> v = load<V>(in + int64_t(row) * channels + c);
    UNROLL(8)
    for (int k = 0; k < V; ++k) sum[0][k] += Total(v.at[k]);
  }
  HD void finish(int chunk, int c, const Total (&total)[kSums]) const {
    out[int64_t(chunk) * channels + c] = Out(total[0]);
  }
};

}  // namespace

void bias(Queue queue, View x, View b, View y) {
  dispatch(x.dtype, [&]<class T>() {
    int64_t channels = channels_of(x.shape);
    Bias<T> kernel{x.as<T>(), b.as<Acc<T>>(), y.as<T>(), int(channels)};
    rows<T>(queue, rows_of(x.shape), channels, kernel);
  });
}

int64_t bias_scratch(const Shape& dy) { return column_chunks(rows_of(dy)).count * channels_of(dy); }

void bias_backward(Queue queue, View dy, View db, View scratch) {
  dispatch(dy.dtype, [&]<class T>() {
    using A = Acc<T>;
    int64_t n = rows_of(dy.shape), channels = channels_of(dy.shape);
    ColumnChunks chunks = column_chunks(n);
    A* partial = scratch.as<A>();
    if (n)
      column_sums<T>(queue, {n, channels, chunks.rows_per_chunk},
                     BiasBackward<T, A, A>{dy.as<T>(), partial, int(channels)});
    column_sums<Pack<double, 2>>(queue, {chunks.count, channels, 1024},
                                 BiasBackward<A, A, double>{partial, db.as<A>(), int(channels)});
  });
}

}  // namespace kernels
