#include "kernels/flat_sum.h"
#include "tests/support/catch.h"

#include <cmath>
#include <random>
#include <vector>

#include "tests/support/engine/device_arrays.h"

using namespace kernels;

namespace {

template <class T>
double sum_on(const std::string& device, const std::vector<T>& x, DType dtype, FlatSum s) {
  std::vector<double> partial(size_t(flat_sum_partials(int64_t(x.size())))), y{-1};
  std::vector<float> narrow{-1};
  tests::DeviceArrays arrays(device);
  s.x = arrays.input(x, dtype, {1, {int64_t(x.size())}});
  s.partial = arrays.output(partial, DType::f64, {1, {int64_t(partial.size())}});
  flat_sum(arrays.queue(), s, arrays.output(y, DType::f64, {1, {1}}));
  flat_sum(arrays.queue(), s, arrays.output(narrow, DType::f32, {1, {1}}));
  arrays.fetch();
  CHECK(narrow[0] == float(y[0]));
  return y[0];
}

// On the CPU; a GPU must give the same bits.
template <class T> double sum_of(const std::vector<T>& x, DType dtype, const FlatSum& s) {
  const double sum = sum_on("cpu", x, dtype, s);
  if (tests::have_gpu()) CHECK(sum_on("cuda:0", x, dtype, s) == sum);
  return sum;
}

}  // namespace

TEST_CASE("flat sums") {
  std::mt19937 random(1);
  for (size_t size : {0, 1, 255, 8191, 8192, 8193, 100'003}) {
    std::vector<float> x(size);
    double sum = 0, squares = 0;
    for (float& v : x) {
      v = std::uniform_real_distribution<float>(0, 1)(random);
      sum += v, squares += double(v) * v;
    }
    CHECK(sum_of(x, DType::f32, {}) == Approx(sum).epsilon(1e-6));
    CHECK(sum_of(x, DType::f32, {.scale = 0.5, .squares = true}) ==
          Approx(0.5 * squares).epsilon(1e-6));
  }
}

TEST_CASE("the normaliser: a count with a floor") {
  CHECK(sum_of(std::vector<float>(1000, 0.f), DType::f32, {.floor = 1}) == 1);
  std::vector<float> weights(30000, 0.f);
  for (size_t i = 0; i < weights.size(); i += 3) weights[i] = 1;
  CHECK(sum_of(weights, DType::f32, {.floor = 1}) == 10000);
#ifndef SSD_CUDA_BUILD
  CHECK(sum_of(std::vector<double>{0.25, 1, 1}, DType::f64, {.floor = 1}) == 2.25);
#endif
}
