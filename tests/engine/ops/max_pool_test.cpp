#include <cmath>
#include <limits>

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;
using engine::Padding;

namespace {

struct Case {
  Shape x;
  int kernel, stride;
  Padding pad;
};

Values reference(const Case& t, const Values& x) {
  auto [top, left, bottom, right] = t.pad;
  int64_t height = (t.x[1] + top + bottom - t.kernel) / t.stride + 1,
          width = (t.x[2] + left + right - t.kernel) / t.stride + 1;
  Values y;
  for (int64_t i = 0; i < t.x[0] * height * width * t.x[3]; ++i) {
    int64_t c = i % t.x[3], ox = i / t.x[3] % width, oy = i / t.x[3] / width % height,
            image = i / t.x[3] / width / height;
    double best = -INFINITY;
    for (int64_t iy = oy * t.stride - top; iy < oy * t.stride - top + t.kernel; ++iy)
      for (int64_t ix = ox * t.stride - left; ix < ox * t.stride - left + t.kernel; ++ix)
        if (iy >= 0 && iy < t.x[1] && ix >= 0 && ix < t.x[2])
          best = std::max(best, x[size_t(((image * t.x[1] + iy) * t.x[2] + ix) * t.x[3] + c)]);
    y.push_back(best);
  }
  return y;
}

Values gradient_of_sum(const std::string& device, const Values& x, Shape shape, int kernel,
                       int stride, Padding pad) {
  Bench bench(device);
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor in = c.empty(shape, DType::f32), grad = c.empty(shape, DType::f32);
  write(in, x);
  write(grad, Values(x.size(), 0.0));
  tape.watch(in, grad);
  Tensor y = max_pool(c, in, kernel, stride, pad), dy = c.empty(y.shape(), DType::f32);
  write(dy, Values(size_t(y.shape().size()), 1.0));
  tape.backward(c, y, dy);
  return read(grad);
}

}  // namespace

TEST_CASE("max_pool: kernels, strides and paddings") {
  const Case cases[] = {
      {{4, {2, 8, 10, 5}}, 3, 2, {0, 0, 1, 1}},
      {{4, {2, 7, 9, 16}}, 3, 2, {1, 1, 1, 1}},
      {{4, {1, 6, 5, 3}}, 2, 2, {}},
      {{4, {1, 6, 5, 3}}, 2, 3, {1, 0, 1, 0}},
      {{4, {1, 9, 7, 2}}, 5, 1, {2, 4, 2, 3}},
      {{4, {2, 3, 3, 1}}, 1, 1, {}},
      {{4, {1, 1, 1, 3}}, 3, 2, {1, 1, 1, 1}},
      {{4, {1, 40, 33, 2}}, 15, 4, {7, 7, 14, 7}},
      {{4, {0, 8, 8, 4}}, 3, 2, {0, 0, 1, 1}},
      {{4, {3, 9, 9, 7}}, 3, 1, {1, 1, 1, 1}},
  };
  for (const Case& t : cases)
    check({
        .name = "max_pool",
        .inputs = {{.shape = t.x,
                    .low = -9,
                    .high = -1,
                    .differentiable = true}},  // zeros of padding would win
        .run = [t](const Context& c,
                   const auto& in) { return max_pool(c, in[0], t.kernel, t.stride, t.pad); },
        .reference = [t](const auto& in) { return reference(t, in[0]); },
    });
}

TEST_CASE("max_pool: of equal values the first in row order gets the gradient") {
  const std::string device = GENERATE(from_range(devices()));
  CHECK(gradient_of_sum(device, Values(9, 1.0), {4, {1, 3, 3, 1}}, 3, 1, {}) ==
        Values{1, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(gradient_of_sum(device, {0, 2, 1, 2, 1, 2, 0, 0, 2}, {4, {1, 3, 3, 1}}, 3, 1, {}) ==
        Values{0, 1, 0, 0, 0, 0, 0, 0, 0});
  // Windows that hang over the top left corner: the first value inside wins.
  CHECK(gradient_of_sum(device, Values(4, 0.0), {4, {1, 2, 2, 1}}, 3, 2, {1, 1, 1, 1}) ==
        Values{1, 0, 0, 0});
  CHECK(gradient_of_sum(device, Values(4, -INFINITY), {4, {1, 2, 2, 1}}, 3, 2, {1, 1, 1, 1}) ==
        Values{1, 0, 0, 0});
}

TEST_CASE("max_pool: NaN spreads to every window that holds it") {
  Bench bench(GENERATE(from_range(devices())));
  Context c = bench.context();
  for (DType dtype : {DType::f32, DType::bf16, DType::f16}) {
    Tensor x = c.empty({4, {1, 5, 5, 1}}, dtype);
    for (size_t at = 0; at < 25; ++at) {
      Values v(25, 1.0);
      v[at] = NAN;
      write(x, v);
      Values y = read(max_pool(c, x, 3, 2, {}));
      for (size_t o = 0; o < 4; ++o) {
        size_t top = o / 2 * 2, left = o % 2 * 2, row = at / 5, column = at % 5;
        bool covered = row >= top && row < top + 3 && column >= left && column < left + 3;
        CHECK(std::isnan(y[o]) == covered);
      }
    }
  }
}

TEST_CASE("max_pool: refuses windows of padding alone") {
  Bench bench;
  Context c = bench.context();
  Tensor x = c.empty({4, {1, 4, 4, 1}}, DType::f32);
  CHECK_THROWS(max_pool(c, x, 3, 2, {3, 0, 0, 0}));
  CHECK_THROWS(max_pool(c, x, 3, 0, {}));
  CHECK_THROWS(max_pool(c, x, 5, 1, {}));
  CHECK_THROWS(max_pool(c, x, 16, 1, {15, 15, 15, 15}));
}
