#include "kernels/subsample.h"

#include "kernels/simt_columns.h"

namespace kernels {
namespace {

template <class T> struct Subsample {
  const T* x;
  T* y;
  int height, width, out_height, out_width, channels;

  struct Row {
    const T* from;
    T* to;
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int ox = r % out_width, oy = r / out_width % out_height, image = r / out_width / out_height;
    int64_t pixel = (int64_t(image) * height + oy * 2) * width + ox * 2;
    return {x + pixel * channels, y + int64_t(r) * channels};
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    store<V>(row.to + c, load<V>(row.from + c));
  }
};

template <class T> struct SubsampleBackward {
  const T* dy;
  T* dx;
  int height, width, out_height, out_width, channels;

  struct Row {
    const T* from;  // null: the pixel was not taken
    T* to;
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int ix = r % width, iy = r / width % height, image = r / width / height;
    int64_t pixel = (int64_t(image) * out_height + iy / 2) * out_width + ix / 2;
    return {(ix | iy) & 1 ? nullptr : dy + pixel * channels, dx + int64_t(r) * channels};
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    Pack<T, V> g;
    if (row.from) {
      g = load<V>(row.from + c);
    } else {
      UNROLL(8)
      for (int k = 0; k < V; ++k) g.at[k] = T(Acc<T>(0));
    }
    store<V>(row.to + c, g);
  }
};

}  // namespace

void subsample(Queue queue, View x, View y) {
  const Shape &in = x.shape, &out = y.shape;
  dispatch(x.dtype, [&]<class T>() {
    rows<T>(queue, out[0] * out[1] * out[2], in[3],
            Subsample<T>{x.as<T>(), y.as<T>(), int(in[1]), int(in[2]), int(out[1]), int(out[2]),
                         int(in[3])});
  });
}

void subsample_backward(Queue queue, View dy, View dx) {
  const Shape &in = dx.shape, &out = dy.shape;
  dispatch(dy.dtype, [&]<class T>() {
    SubsampleBackward<T> kernel{dy.as<T>(),  dx.as<T>(),  int(in[1]), int(in[2]),
                                int(out[1]), int(out[2]), int(in[3])};
    rows<T>(queue, in[0] * in[1] * in[2], in[3], kernel);
  });
}

}  // namespace kernels
