#include "kernels/flat_sum.h"

#include "kernels/simt.h"

namespace kernels {
namespace {

constexpr int kChunk = 8192;

template <class T> struct FlatSumChunk {  // one block per chunk
  const T* x;
  double* partial;
  int64_t size;
  bool squares;

  template <class Block> HD void operator()(Block block) const {
    const T* from = x + block.index * kChunk;
    int64_t left = size - block.index * kChunk;
    int count = left < kChunk ? int(left) : kChunk;
    Acc<T> sum;
    if (squares)
      sum = block.reduce(count, Acc<T>(0), Sum{},
                         [&](int i) { return Acc<T>(from[i]) * Acc<T>(from[i]); });
    else
      sum = block.reduce(count, Acc<T>(0), Sum{}, [&](int i) { return Acc<T>(from[i]); });
    block.once([&] { partial[block.index] = double(sum); });
  }
};

template <class Y> struct FlatSumFinish {  // one block
  const double* partial;
  int partials;
  double scale, floor;
  Y* y;

  template <class Block> HD void operator()(Block block) const {
    double sum =
        scale * block.reduce(partials, 0.0, Sum{}, [&](int i) { return double(partial[i]); });
    block.once([&] { *y = Y(sum < floor ? floor : sum); });
  }
};

}  // namespace

int64_t flat_sum_partials(int64_t size) { return (size + kChunk - 1) / kChunk; }

void flat_sum(Queue queue, const FlatSum& s, View y) {
  int64_t size = s.x.shape.size(), partials = flat_sum_partials(size);
  double* partial = s.partial.as<double>();
  dispatch(s.x.dtype, [&]<class T>() {
    blocks<256>(queue, partials, FlatSumChunk<T>{s.x.as<T>(), partial, size, s.squares});
  });
  auto finish = [&]<class Y>() {
    blocks<256>(queue, 1, FlatSumFinish<Y>{partial, int(partials), s.scale, s.floor, y.as<Y>()});
  };
  if (y.dtype == DType::f64) return finish.template operator()<double>();
  finish.template operator()<float>();
}

}  // namespace kernels
