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

  template <int V> struct Constants { A b[V]; };
  template <int V> HD Constants<V> channel(int c) const {
    Constants<V> k;
    UNROLL(8)
    for (int i = 0; i < V; ++i) k.b[i] = kBias ? b[c + i] : A(0);
    return k;
  }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> HD void apply(const Constants<V>& k, int64_t row, int c) const {
    Pack<T, V> v = load<V>(x + row + c), add;
    if constexpr (kResidual) add = load<V>(residual + row + c);
    UNROLL(8)
    for (int i = 0; i < V; ++i) {
      A sum = A(v.at[i]) + k.b[i];
      if constexpr (kResidual) sum += A(add.at[i]);
      v.at[i] = T(activate(activation, sum));
    }
    store<V>(y + row + c, v);
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
