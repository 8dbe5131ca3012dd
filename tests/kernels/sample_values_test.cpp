#include "kernels/sample_values.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/engine/bench.h"

using namespace tests;

TEST_CASE("sample_values: uniform, a function of seed and place") {
  Bench bench(GENERATE(from_range(devices())));
  Context c = bench.context();
  auto made = [&](int64_t n, uint32_t seed) {
    Tensor t = c.empty({1, {n}}, DType::f32);
    kernels::sample_values(c.queue, t, seed, -3, 9);
    return read(t);
  };
  const Values v = made(100000, 1), short_one = made(1000, 1), other = made(100000, 2);
  CHECK(std::equal(short_one.begin(), short_one.end(), v.begin()));
  CHECK(*std::min_element(v.begin(), v.end()) >= -3);
  CHECK(*std::max_element(v.begin(), v.end()) < 9);
  double mean = 0, together = 0;
  std::vector<int> counts(12);
  for (size_t i = 0; i < v.size(); ++i) {
    mean += v[i] / double(v.size());
    together += (v[i] - 3) * (other[i] - 3) / double(v.size());
    ++counts[size_t(v[i] + 3)];
  }
  CHECK(mean == Approx(3).margin(0.05));
  CHECK(together == Approx(0).margin(0.2));
  CHECK(*std::min_element(counts.begin(), counts.end()) > 7900);
}

TEST_CASE("chunk_differences: the largest of each chunk, infinite where something is not finite") {
  Bench bench(GENERATE(from_range(devices())));
  Context c = bench.context();
  const int64_t n = GENERATE(int64_t(1), int64_t(8192), int64_t(20001));
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (double odd : {0.0, 7.0, nan, inf, -inf}) {
      Tensor a = c.empty({1, {n}}, dtype), b = c.empty({1, {n}}, dtype);
      Values values(size_t(n), 2.0);
      write(b, values);
      values.back() += odd;
      write(a, values);
      Tensor parts = c.empty({2, {kernels::difference_chunks(n), 2}}, DType::f32);
      kernels::chunk_differences(c.queue, a, b, parts);
      const Values got = read(parts);
      INFO(n << " " << odd);
      CHECK(got[got.size() - 2] == (std::isfinite(odd) ? odd : inf));
      CHECK(got[got.size() - 1] == 2);
      if (got.size() > 2) CHECK(got[0] == 0);
      kernels::chunk_differences(c.queue, b, a, parts);
      CHECK(read(parts).back() == (std::isfinite(odd) ? 2 + odd : inf));
    }
}
