// The executors of simt.h on every device: results by definition, sums with equal bits.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/catch.h"
#include "tests/support/engine/device_arrays.h"
#include "tests/support/engine/test_kernels.h"

using namespace tests;

namespace {

constexpr int64_t kSizes[] = {0, 1, 2, 31, 32, 33, 255, 257, 1023, 1025, 16383, 100003, 3000017};

std::vector<int32_t> counting(int64_t n) {
  std::vector<int32_t> v(static_cast<size_t>(n));
  std::iota(v.begin(), v.end(), -5);
  return v;
}

struct Reduced {
  std::vector<float> sums = std::vector<float>(3, -1), most = std::vector<float>(3, -1);
  bool operator==(const Reduced&) const = default;
};

Reduced reduced_on(const std::string& device, int threads, const std::vector<float>& x) {
  Reduced r;
  DeviceArrays arrays(device);
  reduce_blocks(arrays.queue(), threads, arrays.input(x, DType::f32, {1, {int64_t(x.size())}}),
                arrays.output(r.sums, DType::f32, {1, {3}}),
                arrays.output(r.most, DType::f32, {1, {3}}));
  arrays.fetch();
  return r;
}

}  // namespace

TEST_CASE("map and each: every element once, at every size, on every device") {
  DeviceArrays arrays(GENERATE(from_range(devices())));
  for (int64_t n : kSizes) {
    const Shape shape{1, {n}};
    const std::vector<int32_t> in = counting(n);
    std::vector<float> doubled(in.size(), 7);
    std::vector<int32_t> counts(in.size(), 0);
    twice(arrays.queue(), arrays.input(in, DType::i32, shape),
          arrays.output(doubled, DType::f32, shape));
    count_each(arrays.queue(), arrays.output(counts, DType::i32, shape));
    arrays.fetch();
    bool right = std::count(counts.begin(), counts.end(), 1) == n;
    for (size_t i = 0; i < in.size(); ++i) right &= doubled[i] == 2 * float(in[i]);
    INFO(n);
    CHECK(right);
  }
}

TEST_CASE("blocks: phases see what the phase before wrote, on every device") {
  const std::string device = GENERATE(from_range(devices()));
  for (int64_t count : {0, 1, 2, 257, 70000}) {
    DeviceArrays arrays(device);
    const Shape shape{1, {count * kReversed}};
    const std::vector<int32_t> in = counting(count * kReversed);
    std::vector<int32_t> out(in.size());
    reverse_blocks(arrays.queue(), arrays.input(in, DType::i32, shape),
                   arrays.output(out, DType::i32, shape));
    arrays.fetch();
    bool right = true;
    for (int64_t i = 0; i < int64_t(out.size()); ++i) {
      const int64_t from = i / kReversed * kReversed + kReversed - 1 - i % kReversed;
      right &= out[size_t(i)] == in[size_t(from)];
    }
    CHECK(right);
  }
}

TEST_CASE("blocks: a round waits for the reads and sums of the one before, on every device") {
  DeviceArrays arrays(GENERATE(from_range(devices())));
  std::vector<float> reads(3, -1), sums(3, -1);
  phases_in_rounds(arrays.queue(), 8, arrays.output(reads, DType::f32, {1, {3}}),
                   arrays.output(sums, DType::f32, {1, {3}}));
  arrays.fetch();
  CHECK(reads == std::vector<float>(3, 65 * 28));
  CHECK(sums == std::vector<float>(3, 512 * 511 / 2));
}

TEST_CASE("rows: every element with its channel's constant, on every device") {
  const std::string device = GENERATE(from_range(devices()));
  for (int64_t n : {0, 1, 5, 700})
    for (int64_t channels : {1, 3, 8, 130}) {
      DeviceArrays arrays(device);
      std::vector<float> in(size_t(n * channels)), factor(size_t(channels), 0), out(in.size(), -1);
      std::iota(in.begin(), in.end(), 1.0f);
      std::iota(factor.begin(), factor.end(), 2.0f);
      scale_columns(arrays.queue(), arrays.input(in, DType::f32, {2, {n, channels}}),
                    arrays.input(factor, DType::f32, {1, {channels}}),
                    arrays.output(out, DType::f32, {2, {n, channels}}));
      arrays.fetch();
      bool right = true;
      for (size_t i = 0; i < in.size(); ++i)
        right &= out[i] == in[i] * factor[i % size_t(channels)];
      CHECK(right);
    }
}

TEST_CASE("rows: in place, whether a thread has many rows or few, on every device") {
  const std::string device = GENERATE(from_range(devices()));
  for (int64_t n : {1, 31, 32, 33, 700, 5003})
    for (int64_t channels : {1, 8, 130}) {
      DeviceArrays arrays(device);
      std::vector<float> factor(size_t(channels), 0), values(size_t(n * channels));
      std::iota(values.begin(), values.end(), 1.0f);
      std::iota(factor.begin(), factor.end(), 2.0f);
      const View place = arrays.output(values, DType::f32, {2, {n, channels}});
      scale_columns(arrays.queue(), place, arrays.input(factor, DType::f32, {1, {channels}}),
                    place);
      arrays.fetch();
      bool right = true;
      for (size_t i = 0; i < values.size(); ++i)
        right &= values[i] == float(i + 1) * factor[i % size_t(channels)];
      CHECK(right);
    }
}

TEST_CASE("reduce: a GPU's sums have the CPU's bits") {
  if (!have_gpu()) return;
  for (int threads : {32, 64, 256, 1024})
    for (size_t n : {0, 1, 31, 32, 33, 255, 256, 257, 5003, 100003}) {
      std::vector<float> x(n);
      for (size_t i = 0; i < n; ++i) x[i] = 1 / float(i % 97 + 1) - 0.3f;
      INFO(threads << " threads, " << n << " values");
      CHECK(reduced_on("cuda:0", threads, x) == reduced_on("cpu", threads, x));
    }
}
