#include "kernels/simt.h"
#include "tests/support/catch.h"

#include <atomic>
#include <numeric>
#include <vector>

#include "kernels/column_chunks.h"
#include "kernels/simt_columns.h"

using namespace kernels;

namespace {

constexpr int64_t kSizes[] = {0, 1, 2, 31, 33, 1023, 1024, 1025, 16383, 16384, 100003};

struct Twice {
  float operator()(int x) const { return 2 * float(x); }
};

struct Count {
  int* counts;
  void operator()(int i) const { ++counts[i]; }
};

struct FailAt {
  int bad;
  void operator()(int i) const {
    if (i == bad) throw std::runtime_error("kernel failed");
  }
};

// out[index] = sums of the same numbers by reduce, and their largest.
template <int T> struct Reduce {
  const std::vector<float>* x;
  float *sum, *most;
  void operator()(Block<T> block) const {
    int n = int(x->size());
    float s = block.reduce(n, 0.0f, Sum{}, [&](int i) { return (*x)[size_t(i)]; });
    float m = block.reduce(n, -INFINITY, Max{}, [&](int i) { return (*x)[size_t(i)]; });
    block.once([&] {
      sum[block.index] = s;
      most[block.index] = m;
    });
  }
};

// What a GPU does, thread by thread: strided sums, butterflies within warps, one over the warps.
template <int T> float device_sum(const std::vector<float>& x) {
  auto butterfly = [](std::vector<float> lane) {
    for (size_t d = 16; d; d /= 2) {
      std::vector<float> old = lane;
      for (size_t t = 0; t < 32; ++t) lane[t] = old[t] + old[t ^ d];
    }
    return lane[0];
  };
  std::vector<float> threads(T, 0.0f), partial(32, 0.0f);
  for (size_t i = 0; i < x.size(); ++i) threads[i % T] += x[i];
  for (size_t w = 0; w < T / 32; ++w)
    partial[w] = butterfly({threads.begin() + long(32 * w), threads.begin() + long(32 * w + 32)});
  return butterfly(partial);
}

template <int T> void check_reduce() {
  for (size_t n : {0, 1, 31, 32, 33, 255, 256, 257, 5003}) {
    std::vector<float> x(n), sum(3, -1), most(3, -1);
    for (size_t i = 0; i < n; ++i) x[i] = 1 / float(i % 97 + 1) - 0.3f;
    blocks<T>({}, 3, Reduce<T>{&x, sum.data(), most.data()});
    for (size_t b = 0; b < 3; ++b) {
      CHECK(sum[b] == device_sum<T>(x));
      CHECK(most[b] == (n ? *std::max_element(x.begin(), x.end()) : -INFINITY));
    }
  }
}

// Reverses `width` numbers per block through shared memory.
struct Reverse {
  const int* in;
  int* out;
  int width;
  void operator()(Block<64> block) const {
    SHARED Shared<int, 100> tile;
    int64_t first = block.index * width;
    block.each(width, [&](int i) { tile[i] = in[first + i]; });
    int last = block.read(tile, width - 1);
    block.each(width, [&](int i) { out[first + i] = i == 0 ? last : tile[width - 1 - i]; });
  }
};

enum class Misuse { between_phases, out_of_range };
struct MisuseShared {
  Misuse kind;
  void operator()(Block<32> block) const {
    SHARED Shared<int, 4> tile;
    block.each(4, [&](int i) { tile[i] = i; });
    if (kind == Misuse::between_phases) tile[0] = 1;
    block.each(5, [&](int i) {
      if (kind == Misuse::out_of_range) tile[i] = i;
    });
  }
};

// out[row, c] = in[row, c] * factor[c]
struct Columns {
  const float *in, *factor;
  float* out;
  int channels;
  template <int V> Pack<float, V> channel(int c) const { return load<V>(factor + c); }
  int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> void apply(const Pack<float, V>& k, int64_t row, int c) const {
    for (int i = 0; i < V; ++i) out[row + c + i] = in[row + c + i] * k.at[i];
  }
};

// totals[chunk, c] = rows in the chunk, and the sum of row * (c + 1)
struct RowNumbers {
  using Total = double;
  static constexpr int kSums = 2;
  double* totals;
  int channels;
  template <int V> int channel(int first, int c) const { return first + c; }
  template <int V> void add(int constant, int row, int c, double (&sum)[2][V]) const {
    for (int k = 0; k < V; ++k) {
      sum[0][k] += 1;
      sum[1][k] += double(row) * (c + k + 1) + 0.0 * constant;
    }
  }
  void finish(int chunk, int c, const double (&total)[2]) const {
    for (int k = 0; k < 2; ++k) totals[(int64_t(chunk) * channels + c) * 2 + k] = total[k];
  }
};

}  // namespace

TEST_CASE("map: every element once, at every size, on any number of threads") {
  for (int threads : {0, 1, 3})
    for (int64_t n : kSizes) {
      std::vector<int> in(static_cast<size_t>(n));
      std::iota(in.begin(), in.end(), -5);
      std::vector<float> out(size_t(n) + 1, 7);
      map({.threads = threads}, n, Twice{}, out.data(), in.data());
      bool right = out.back() == 7;
      for (size_t i = 0; i < in.size(); ++i) right &= out[i] == 2 * float(in[i]);
      CHECK(right);
    }
}

TEST_CASE("each: every index once, at every size, on any number of threads") {
  for (int threads : {0, 1, 3})
    for (int64_t n : kSizes) {
      std::vector<int> counts(size_t(n) + 1, 0);
      each({.threads = threads}, n, Count{counts.data()});
      CHECK(std::count(counts.begin(), counts.end(), 1) == n);
      CHECK(counts.back() == 0);
    }
  CHECK_THROWS(each({}, int64_t(1) << 31, Count{nullptr}));
}

TEST_CASE("blocks: phases see what the phase before wrote") {
  for (int threads : {0, 1, 3})
    for (int64_t count : {0, 1, 2, 257}) {
      constexpr int kWidth = 99;
      std::vector<int> in(size_t(count * kWidth)), out(in.size());
      std::iota(in.begin(), in.end(), 0);
      blocks<64>({.threads = threads}, count, Reverse{in.data(), out.data(), kWidth});
      bool right = true;
      for (size_t i = 0; i < out.size(); ++i)
        right &= out[i] == int(i / kWidth * kWidth + kWidth - 1 - i % kWidth);
      CHECK(right);
    }
}

TEST_CASE("reduce: adds in the order of a GPU, bit for bit") {
  check_reduce<32>();
  check_reduce<64>();
  check_reduce<256>();
  check_reduce<1024>();
}

TEST_CASE(
    "an exception in a kernel reaches the caller, from any thread, and nothing stays broken") {
  for (int threads : {0, 1, 2, 4})
    for (int bad : {0, 3000, 4999}) {
      Queue queue{.threads = threads};
      CHECK_THROWS_WITH(each(queue, 5000, FailAt{bad}), "kernel failed");
      std::vector<int> counts(5000, 0);
      each(queue, 5000, Count{counts.data()});
      CHECK(std::count(counts.begin(), counts.end(), 1) == 5000);
    }
}

#ifndef NDEBUG
TEST_CASE("shared memory: misuse throws in debug builds") {
  for (int64_t count : {1, 8}) {
    CHECK_THROWS_AS(blocks<32>({}, count, MisuseShared{Misuse::between_phases}), std::logic_error);
    CHECK_THROWS_AS(blocks<32>({}, count, MisuseShared{Misuse::out_of_range}), std::logic_error);
    CHECK_THROWS_AS(blocks<32>({}, count, MisuseShared{Misuse::between_phases}), std::logic_error);
  }
}
#endif

#if !defined(NDEBUG) || defined(SSD_HOST_PACKS)
TEST_CASE("packs: an address that is no multiple of a pack's size throws") {
  alignas(16) float x[12] = {};
  alignas(16) int in[12] = {};
  CHECK_NOTHROW(store<4>(x + 4, load<4>(x)));
  CHECK_THROWS_AS(load<4>(x + 2), std::logic_error);
  CHECK_NOTHROW(load<2>(x + 2));
  CHECK_THROWS_AS(store<2>(x + 1, load<2>(x)), std::logic_error);
  CHECK_NOTHROW(map({}, 4, Twice{}, x + 4, in));
  CHECK_THROWS_AS(map({}, 4, Twice{}, x + 1, in), std::logic_error);
  CHECK_THROWS_AS(map({}, 4, Twice{}, x, in + 3), std::logic_error);
}
#endif

TEST_CASE("rows: every element, with its channel's constant") {
  for (int64_t n : {0, 1, 5, 700})
    for (int64_t channels : {0, 1, 3, 8, 130}) {
      std::vector<float> in(size_t(n * channels)), factor(static_cast<size_t>(channels)),
          out(in.size(), -1);
      std::iota(in.begin(), in.end(), 1.0f);
      std::iota(factor.begin(), factor.end(), 2.0f);
      rows<float>({}, n, channels, Columns{in.data(), factor.data(), out.data(), int(channels)});
      bool right = true;
      for (size_t i = 0; i < in.size(); ++i)
        right &= out[i] == in[i] * factor[i % size_t(channels)];
      CHECK(right);
    }
}

TEST_CASE("column_sums: every row once, in chunks that the row count alone decides") {
  for (int64_t n : {0, 1, 3, 32, 33, 1000, 16384, 40001})
    for (int64_t channels : {1, 3, 64, 1025}) {
      if (n * channels > 3000000) continue;
      ColumnShape shape{n, channels, column_chunks(n).rows_per_chunk};
      CHECK(column_chunks(n).count <= 512);
      CHECK(shape.chunks() == std::max<int64_t>(column_chunks(n).count, 1));
      std::vector<double> totals(size_t(shape.chunks() * channels * 2), -1);
      column_sums<float>({}, shape, RowNumbers{totals.data(), int(channels)});
      bool right = true;
      for (int64_t c = 0; c < channels; ++c) {
        double count = 0, sum = 0;
        for (int64_t k = 0; k < shape.chunks(); ++k) {
          count += totals[size_t((k * channels + c) * 2)];
          sum += totals[size_t((k * channels + c) * 2 + 1)];
        }
        right &= count == double(n) && sum == double(n) * double(n - 1) / 2 * double(c + 1);
      }
      CHECK(right);
    }
}
