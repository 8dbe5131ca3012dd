#include "kernels/upsample.h"

#include "kernels/simt_columns.h"

namespace kernels {
namespace {

template <class T> struct UpsampleAdd {
  const T *coarse, *fine;
  T* y;
  int width, channels;  // of fine
  int down, right;      // repetitions of a coarse pixel

  struct Row {
    const T *coarse, *fine;
    T* y;
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int x = r % width, image_row = r / width;  // heights divide: rows shrink across images, too
    int64_t from = int64_t(image_row / down) * (width / right) + x / right;
    int64_t full = int64_t(r) * channels;
    return {coarse + from * channels, fine + full, y + full};
  }
  template <int V> struct Inputs { Pack<T, V> fine, coarse; };
  template <int V> HD Inputs<V> read(const Row& row, int c) const {
    return {load<V>(row.fine + c), load<V>(row.coarse + c)};
  }
  template <int V> HD void write(Nothing, const Inputs<V>& in, const Row& row, int c) const {
    Pack<T, V> sum;
    UNROLL(8)
    for (int k = 0; k < V; ++k) sum.at[k] = T(Acc<T>(in.fine.at[k]) + Acc<T>(in.coarse.at[k]));
    store<V>(row.y + c, sum);
  }
};

template <class T> struct UpsampleBackward {
  const T* dy;
  T* dcoarse;
  int width, channels;  // of dcoarse
  int down, right;      // repetitions of a coarse pixel

  struct Row {
    const T* block;
    T* to;
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD int64_t line() const { return int64_t(width) * right * channels; }
  HD Row row(int r) const {
    const T* block =
        dy + int64_t(r / width) * down * line() + int64_t(r % width) * right * channels;
    return {block, dcoarse + int64_t(r) * channels};
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    Acc<T> sum[V] = {};
    for (int i = 0; i < down; ++i)
      for (int j = 0; j < right; ++j) {
        Pack<T, V> part = load<V>(row.block + i * line() + int64_t(j) * channels + c);
        UNROLL(8)
        for (int k = 0; k < V; ++k) sum[k] += Acc<T>(part.at[k]);
      }
    Pack<T, V> out;
    UNROLL(8)
    for (int k = 0; k < V; ++k) out.at[k] = T(sum[k]);
    store<V>(row.to + c, out);
  }
};

}  // namespace

void upsample_add(Queue queue, View coarse, View fine, View y) {
  const Shape& s = y.shape;
  if (s.size() == 0) return;
  dispatch(y.dtype, [&]<class T>() {
    UpsampleAdd<T> kernel{coarse.as<T>(),
                          fine.as<T>(),
                          y.as<T>(),
                          int(s[2]),
                          int(s[3]),
                          int(s[1] / coarse.shape[1]),
                          int(s[2] / coarse.shape[2])};
    rows<T>(queue, s[0] * s[1] * s[2], s[3], kernel);
  });
}

void upsample_backward(Queue queue, View dy, View dcoarse) {
  const Shape& s = dcoarse.shape;
  if (s.size() == 0) return;
  dispatch(dy.dtype, [&]<class T>() {
    UpsampleBackward<T> kernel{dy.as<T>(), dcoarse.as<T>(),         int(s[2]),
                               int(s[3]),  int(dy.shape[1] / s[1]), int(dy.shape[2] / s[2])};
    rows<T>(queue, s[0] * s[1] * s[2], s[3], kernel);
  });
}

}  // namespace kernels
