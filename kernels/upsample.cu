#include "kernels/upsample.h"

#include "kernels/simt_columns.h"

namespace kernels {
namespace {

template <class T> struct UpsampleAdd {
  const T *coarse, *fine;
  T* y;
  int width, channels;  // of fine

  struct Row {
    const T *coarse, *fine;
    T* y;
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int x = r % width, image_row = r / width;  // heights are even: rows halve across images too
    int64_t half = int64_t(image_row / 2) * (width / 2) + x / 2, full = int64_t(r) * channels;
    return {coarse + half * channels, fine + full, y + full};
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    Pack<T, V> a = load<V>(row.fine + c), b = load<V>(row.coarse + c);
    UNROLL(8)
    for (int k = 0; k < V; ++k) a.at[k] = T(Acc<T>(a.at[k]) + Acc<T>(b.at[k]));
    store<V>(row.y + c, a);
  }
};

template <class T> struct UpsampleBackward {
  const T* dy;
  T* dcoarse;
  int width, channels;  // of dcoarse

  struct Row {
    const T *upper, *lower;
    T* to;
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int64_t line = int64_t(width) * 2 * channels;
    const T* upper = dy + int64_t(r / width) * 2 * line + int64_t(r % width) * 2 * channels;
    return {upper, upper + line, dcoarse + int64_t(r) * channels};
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    Pack<T, V> a = load<V>(row.upper + c), b = load<V>(row.upper + channels + c);
    Pack<T, V> d = load<V>(row.lower + c), e = load<V>(row.lower + channels + c), sum;
    UNROLL(8)
    for (int k = 0; k < V; ++k)
      sum.at[k] = T((Acc<T>(a.at[k]) + Acc<T>(b.at[k])) + (Acc<T>(d.at[k]) + Acc<T>(e.at[k])));
    store<V>(row.to + c, sum);
  }
};

}  // namespace

void upsample_add(Queue queue, View coarse, View fine, View y) {
  const Shape& s = y.shape;
  dispatch(y.dtype, [&]<class T>() {
    UpsampleAdd<T> kernel{coarse.as<T>(), fine.as<T>(), y.as<T>(), int(s[2]), int(s[3])};
    rows<T>(queue, s[0] * s[1] * s[2], s[3], kernel);
  });
}

void upsample_backward(Queue queue, View dy, View dcoarse) {
  const Shape& s = dcoarse.shape;
  dispatch(dy.dtype, [&]<class T>() {
    UpsampleBackward<T> kernel{dy.as<T>(), dcoarse.as<T>(), int(s[2]), int(s[3])};
    rows<T>(queue, s[0] * s[1] * s[2], s[3], kernel);
  });
}

}  // namespace kernels
