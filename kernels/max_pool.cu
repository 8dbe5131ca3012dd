#include "kernels/max_pool.h"

#include <utility>

#include "kernels/simt_columns.h"

namespace kernels {
namespace {

HD int clamp(int i, int last) { return std::min(std::max(i, 0), last); }

// kKernel is the side of the window, or 0 if it is known at run time only.
template <class T, int kKernel> struct MaxPool {
  const T* x;
  T* y;
  uint8_t* winner;
  PoolWindow window;
  int height, width, out_height, out_width, channels;

  struct Row {
    int64_t in, out;  // first element of the image; of the output pixel
    int top, left;    // of the window, may be negative
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int ox = r % out_width, oy = r / out_width % out_height, image = r / out_width / out_height;
    return {int64_t(image) * height * width * channels, int64_t(r) * channels,
            oy * window.stride - window.top, ox * window.stride - window.left};
  }
  template <int V> struct Best {
    Acc<T> value[V];
    int place[V];
  };
  // Positions outside of the image are moved to the nearest one inside, which belongs to the window
  // as well. So padding never wins, and no position needs a test.
  template <int V> HD void compare(const Row& row, int c, int ky, int kx, Best<V>& best) const {
    int iy = clamp(row.top + ky, height - 1), ix = clamp(row.left + kx, width - 1);
    int here = (iy - row.top) * window.kernel + ix - row.left;
    Pack<T, V> v = load<V>(x + row.in + (int64_t(iy) * width + ix) * channels + c);
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      Acc<T> value = Acc<T>(v.at[k]), so_far = best.value[k];
      bool larger = value > so_far, nan = value != value, wins = nan ? so_far == so_far : larger;
      best.value[k] = wins ? value : so_far;
      best.place[k] = wins ? here : best.place[k];
    }
  }
  template <int V, int... K>
  HD void compare_all(const Row& row, int c, Best<V>& best,
                      std::integer_sequence<int, K...>) const {
    (compare<V>(row, c, K / kKernel, K % kKernel, best), ...);
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    const int y0 = clamp(row.top, height - 1) - row.top, x0 = clamp(row.left, width - 1) - row.left;
    Best<V> best;
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      best.value[k] = -Acc<T>(INFINITY);
      best.place[k] = y0 * window.kernel + x0;
    }
    if constexpr (kKernel > 0) {
      compare_all<V>(row, c, best, std::make_integer_sequence<int, kKernel * kKernel>());
    } else {
      UNROLL(1)
      for (int t = 0; t < window.kernel * window.kernel; ++t)
        compare<V>(row, c, t / window.kernel, t % window.kernel, best);
    }
    Pack<T, V> out;
    Pack<uint8_t, V> places;
    UNROLL(8)
    for (int k = 0; k < V; ++k) {
      out.at[k] = T(best.value[k]);
      places.at[k] = uint8_t(best.place[k]);
    }
    store<V>(y + row.out + c, out);
    store<V>(winner + row.out + c, places);
  }
};

// Each input pixel gathers from all windows that cover it. kCover is their number along an axis, or
// 0 if it is known at run time only.
template <class T, int kCover> struct MaxPoolBackward {
  const T* dy;
  const uint8_t* winner;
  T* dx;
  PoolWindow window;
  int height, width, out_height, out_width, channels;

  static constexpr int kNowhere = 255;
  static constexpr int kWindows = kCover ? kCover * kCover : 1;
  struct Row {
    int64_t in, out;           // the input pixel; first output element of the image
    int y, x;                  // in the padded image
    int64_t window[kWindows];  // the windows that cover the pixel, and its index in them
    int place[kWindows];
  };
  template <int V> HD Nothing channel(int) const { return {}; }
  HD Row row(int r) const {
    int ix = r % width, iy = r / width % height, image = r / width / height;
    Row row{int64_t(r) * channels, int64_t(image) * out_height * out_width * channels,
            iy + window.top, ix + window.left};
    if constexpr (kCover > 0) {
      UNROLL(4)
      for (int w = 0; w < kWindows; ++w)
        find(row, kCover - 1 - w / kCover, kCover - 1 - w % kCover, row.window[w], row.place[w]);
    }
    return row;
  }
  // The window `up` rows and `back` columns before the last that can cover the pixel.
  HD void find(const Row& row, int up, int back, int64_t& at, int& place) const {
    int oy = row.y / window.stride - up, ky = row.y - oy * window.stride;
    int ox = row.x / window.stride - back, kx = row.x - ox * window.stride;
    bool inside = oy >= 0 && oy < out_height && ky < window.kernel;
    inside = inside && ox >= 0 && ox < out_width && kx < window.kernel;
    place = inside ? ky * window.kernel + kx : kNowhere;
    at = row.out + (inside ? (int64_t(oy) * out_width + ox) * channels : 0);
  }
  template <int V> HD void gather(int64_t at, int place, Acc<T> (&sum)[V]) const {
    Pack<T, V> g = load<V>(dy + at);
    Pack<uint8_t, V> won = load<V>(winner + at);
    UNROLL(8)
    for (int k = 0; k < V; ++k) sum[k] += won.at[k] == place ? Acc<T>(g.at[k]) : Acc<T>(0);
  }
  template <int V> HD void gather_any(const Row& row, int c, Acc<T> (&sum)[V]) const {
    const int cover = (window.kernel + window.stride - 1) / window.stride;
    for (int w = 0; w < cover * cover; ++w) {
      int64_t at;
      int place;
      find(row, cover - 1 - w / cover, cover - 1 - w % cover, at, place);
      gather<V>(at + c, place, sum);
    }
  }
  template <int V> HD void apply(Nothing, const Row& row, int c) const {
    Acc<T> sum[V] = {};
    if constexpr (kCover == 2) {
      gather<V>(row.window[0] + c, row.place[0], sum),
          gather<V>(row.window[1] + c, row.place[1], sum);
      gather<V>(row.window[2] + c, row.place[2], sum),
          gather<V>(row.window[3] + c, row.place[3], sum);
    } else {
      gather_any<V>(row, c, sum);
    }
    Pack<T, V> out;
    UNROLL(8)
    for (int k = 0; k < V; ++k) out.at[k] = T(sum[k]);
    store<V>(dx + row.in + c, out);
  }
};

}  // namespace

void max_pool(Queue queue, PoolWindow window, View x, View y, View winner) {
  const Shape &in = x.shape, &out = y.shape;
  dispatch(x.dtype, [&]<class T>() {
    auto run = [&]<int kKernel>() {
      MaxPool<T, kKernel> kernel{x.as<T>(),   y.as<T>(),   winner.as<uint8_t>(),
                                 window,      int(in[1]),  int(in[2]),
                                 int(out[1]), int(out[2]), int(in[3])};
      rows<T>(queue, out[0] * out[1] * out[2], in[3], kernel);
    };
    if (window.kernel == 3) return run.template operator()<3>();
    run.template operator()<0>();
  });
}

void max_pool_backward(Queue queue, PoolWindow window, View dy, View winner, View dx) {
  const Shape &in = dx.shape, &out = dy.shape;
  dispatch(dy.dtype, [&]<class T>() {
    auto run = [&]<int kCover>() {
      MaxPoolBackward<T, kCover> kernel{dy.as<T>(),  winner.as<uint8_t>(), dx.as<T>(),
                                        window,      int(in[1]),           int(in[2]),
                                        int(out[1]), int(out[2]),          int(in[3])};
      rows<T>(queue, in[0] * in[1] * in[2], in[3], kernel);
    };
    int cover = (window.kernel + window.stride - 1) / window.stride;
    if (cover == 2) return run.template operator()<2>();
    run.template operator()<0>();
  });
}

}  // namespace kernels
