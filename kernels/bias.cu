#include "kernels/bias.h"

#include "kernels/column_chunks.h"
#include "kernels/residual_rows.h"

namespace kernels {
namespace {

template <class T, bool kBias, bool kResidual> struct AddBiasResidual : ResidualRows<T, kResidual> {
  using A = Acc<T>;
  const A* b;
  T* y;
  Activation activation;

  template <int V> HD Channels<A, V> channel(int c) const {
    if constexpr (kBias) return channels_at<V>(b, c);
    return {};
  }
  template <int V>
  HD void write(const Channels<A, V>& bias, const ResidualPacks<T, V>& in, int64_t row,
                int c) const {
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
    const AddBiasResidual<T, kBias, kResidual> kernel{
        {a.x.as<T>(), a.residual.as<T>(), int(channels)},
        a.b.as<Acc<T>>(),
        a.y.as<T>(),
        a.activation};
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
