#include "kernels/sample_values.h"

#include <algorithm>
#include <limits>

#include "kernels/simt.h"

namespace kernels {
namespace {

constexpr int kChunk = 8192;

// The finaliser of MurmurHash3 (Austin Appleby, public domain): every input bit moves every other.
HD uint32_t scrambled(uint32_t h) {
  h = (h ^ (h >> 16)) * 0x85ebca6bu;
  h = (h ^ (h >> 13)) * 0xc2b2ae35u;
  return h ^ (h >> 16);
}

template <class T> struct SampleValues {
  using A = Acc<T>;
  T* y;
  uint32_t seed, first;  // `first`: the index of y[0]
  A low, range;
  HD void operator()(int i) const {
    const uint32_t bits = scrambled(scrambled(first + uint32_t(i)) ^ seed) >> 8;
    y[i] = T(low + range * A(float(bits) * 0x1p-24f));
  }
};

HD float finite_or_infinite(float v) {
  constexpr float kMost = std::numeric_limits<float>::max();
  return v <= kMost ? v : std::numeric_limits<float>::infinity();
}

template <class T> struct ChunkDifferences {  // one block per chunk
  const T *a, *b;
  float* largest;
  int64_t size;

  template <class Block> HD void operator()(Block block) const {
    const int64_t first = block.index * kChunk, left = size - first;
    const int count = left < kChunk ? int(left) : kChunk;
    auto value = [&](const T* from, int i) { return float(Acc<T>(from[first + i])); };
    const float difference = block.reduce(count, 0.0f, Max{}, [&](int i) {
      return finite_or_infinite(std::abs(value(a, i) - value(b, i)));
    });
    const float size_of_b = block.reduce(
        count, 0.0f, Max{}, [&](int i) { return finite_or_infinite(std::abs(value(b, i))); });
    block.once([&] {
      largest[2 * block.index] = difference;
      largest[2 * block.index + 1] = size_of_b;
    });
  }
};

}  // namespace

void sample_values(Queue queue, View y, uint32_t seed, double low, double high) {
  dispatch(y.dtype, [&]<class T>() {
    using A = Acc<T>;
    constexpr int64_t kMost = 1 << 30;  // each() counts in ints
    for (int64_t first = 0; first < y.shape.size(); first += kMost)
      each(queue, std::min(kMost, y.shape.size() - first),
           SampleValues<T>{y.as<T>() + first, seed, uint32_t(first), A(low), A(high - low)});
  });
}

int64_t difference_chunks(int64_t elements) { return (elements + kChunk - 1) / kChunk; }

void chunk_differences(Queue queue, View a, View b, View largest) {
  const int64_t size = a.shape.size();
  dispatch(a.dtype, [&]<class T>() {
    blocks<256>(queue, difference_chunks(size),
                ChunkDifferences<T>{a.as<T>(), b.as<T>(), largest.as<float>(), size});
  });
}

}  // namespace kernels
