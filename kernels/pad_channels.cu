#include "kernels/pad_channels.h"

#include "kernels/column_chunks.h"
#include "kernels/elementwise.h"
#include "kernels/simt.h"

namespace kernels {
namespace {

template <class From, class To, bool kAdd, int V> struct PadChannels {  // one element: V channels
  const From* x;
  To* y;
  int rows, columns, columns_out;  // in units of V; rows, columns: of x

  HD void operator()(int i) const {
    const int row = i / columns_out, column = i % columns_out;
    const bool inside = row < rows && column < columns;
    if (kAdd && !inside) return;
    Pack<To, V> value;
    UNROLL(2)
    for (int k = 0; k < V; ++k) value.at[k] = To(Acc<To>(0));
    if constexpr (kAdd) value = load<V>(y + int64_t(i) * V);
    if (inside) {
      const Pack<From, V> in = load<V>(x + (int64_t(row) * columns + column) * V);
      UNROLL(2)
      for (int k = 0; k < V; ++k)
        value.at[k] = To(Acc<To>(value.at[k]) + Acc<To>(Acc<From>(in.at[k])));
    }
    store<V>(y + int64_t(i) * V, value);
  }
};

template <bool kAdd, int V> void run(Queue queue, View x, View y) {
  dispatch(x.dtype, [&]<class From>() {
    dispatch(y.dtype, [&]<class To>() {
      each(queue, y.shape.size() / V,
           PadChannels<From, To, kAdd, V>{x.as<From>(), y.as<To>(), int(rows_of(x.shape)),
                                          int(channels_of(x.shape) / V),
                                          int(channels_of(y.shape) / V)});
    });
  });
}

template <bool kAdd> void run(Queue queue, View x, View y) {
  const bool pairs = channels_of(x.shape) % 2 == 0 && channels_of(y.shape) % 2 == 0;
  pairs ? run<kAdd, 2>(queue, x, y) : run<kAdd, 1>(queue, x, y);
}

}  // namespace

void pad_channels(Queue queue, View x, View y) {
  x.shape == y.shape ? cast(queue, x, y) : run<false>(queue, x, y);
}

void add_padded(Queue queue, View x, View y) {
  x.shape == y.shape ? add_into(queue, y, x) : run<true>(queue, x, y);
}

}  // namespace kernels
