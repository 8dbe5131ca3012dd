#include "kernels/pad_channels.h"

#include "kernels/column_chunks.h"
#include "kernels/elementwise.h"
#include "kernels/simt.h"

namespace kernels {
namespace {

template <class From, class To, bool kAdd> struct PadChannels {
  const From* x;
  To* y;
  int rows, columns, columns_out;  // rows, columns: of x

  HD void operator()(int i) const {
    const int row = i / columns_out, column = i % columns_out;
    const bool inside = row < rows && column < columns;
    if (kAdd && !inside) return;
    Acc<To> value = kAdd ? Acc<To>(y[i]) : Acc<To>(0);
    if (inside) value += Acc<To>(Acc<From>(x[int64_t(row) * columns + column]));
    y[i] = To(value);
  }
};

template <bool kAdd> void run(Queue queue, View x, View y) {
  dispatch(x.dtype, [&]<class From>() {
    dispatch(y.dtype, [&]<class To>() {
      each(queue, y.shape.size(),
           PadChannels<From, To, kAdd>{x.as<From>(), y.as<To>(), int(rows_of(x.shape)),
                                       int(channels_of(x.shape)), int(channels_of(y.shape))});
    });
  });
}

}  // namespace

void pad_channels(Queue queue, View x, View y) {
  x.shape == y.shape ? cast(queue, x, y) : run<false>(queue, x, y);
}

void add_padded(Queue queue, View x, View y) {
  x.shape == y.shape ? add_into(queue, y, x) : run<true>(queue, x, y);
}

}  // namespace kernels
