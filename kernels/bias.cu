#include "kernels/bias.h"

#include "kernels/column_chunks.h"
#include "kernels/simt_columns.h"

namespace kernels {
namespace {

template <class T, bool kBias, bool kResidual> struct AddBiasResidual {
  using A = Acc<T>;
  const T *x, *residual;
  const A* b;
  T* y;
  int channels;
  Activation activation;

  template <int V> HD Channels<A, V> channel(int c) const {
    if constexpr (kBias) return channels_at<V>(b, c);
    return {};
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> struct Inputs { Pack<T, V> x, residual; };
  template <int V> HD Inputs<V> read(int64_t row, int c) const {
    Inputs<V> in;
    in.x = load<V>(x + row + c);
    if constexpr (kResidual) in.residual = load<V>(residual + row + c);
    return in;
  }
  template <int V>
  HD void write(const Channels<A, V>& bias, const Inputs<V>& in, int64_t row, int c) const {
    Pack<T, V> out;
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      A sum = A(in.x.at[i]) + bias.at[i];
      if constexpr (kResidual) sum += A(in.residual.at[i]);
      out.at[i] = T(activate(activation, sum));
    }
    store<V>(y + row + c, out);
  }
};

template <bool kBias, bool kResidual> void run(Queue queue, const BiasResidual& a) {
  dispatch(a.x.dtype, [&]<class T>() {
    const int64_t channels = channels_of(a.x.shape);
    const AddBiasResidual<T, kBias, kResidual> kernel{a.x.as<T>(),      a.residual.as<T>(),
                                                      a.b.as<Acc<T>>(), a.y.as<T>(),
                                                      int(channels),    a.activation};
    rows<T>(queue, rows_of(a.x.shape), channels, kernel);
  });
}

}  // namespace

void bias_residual(Queue queue, const BiasResidual& a) {
  if (a.b)
    a.residual ? run<true, true>(queue, a) : run<true, false>(queue, a);
  else
    a.residual ? run<false, true>(queue, a) : run<false, false>(queue, a);
}

}  // namespace kernels
