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

}  // namespace

void bias(Queue queue, View x, View b, View y) {
  dispatch(x.dtype, [&]<class T>() {
    int64_t channels = channels_of(x.shape);
    Bias<T> kernel{x.as<T>(), b.as<Acc<T>>(), y.as<T>(), int(channels)};
    rows<T>(queue, rows_of(x.shape), channels, kernel);
  });
}

}  // namespace kernels
