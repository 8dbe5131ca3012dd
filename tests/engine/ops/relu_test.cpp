#include <algorithm>
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;

TEST_CASE("relu: value and gradient, twice so that the second gradient is made in place") {
  for (Shape shape : {Shape{1, {101}}, Shape{4, {3, 1, 5, 7}}, Shape{4, {0, 2, 3, 4}}})
    check({
        .name = "relu",
        .inputs = {{.shape = shape, .differentiable = true}},
        .run = [](const Context& c, const auto& in) { return relu(c, relu(c, in[0])); },
        .reference =
            [](const auto& in) {
              Values y = in[0];
              for (double& v : y) v = std::max(v, 0.0);
              return y;
            },
    });
}

TEST_CASE("relu: the slope at zero is zero, NaN is not hidden") {
  Bench bench(GENERATE(from_range(devices())));
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor x = c.empty({1, {5}}, DType::f32), grad = c.empty({1, {5}}, DType::f32);
  write(x, {-1, 0, 1, INFINITY, NAN});
  write(grad, Values(5, 0.0));
  tape.watch(x, grad);
  Tensor y = relu(c, x), dy = c.empty({1, {5}}, DType::f32);
  Values values = read(y);
  CHECK(Values(values.begin(), values.begin() + 4) == Values{0, 0, 1, INFINITY});
  CHECK(std::isnan(values[4]));
  write(dy, {INFINITY, 3, 3, 3, 3});
  tape.backward(c, y, dy);
  CHECK(read(grad) == Values{0, 0, 3, 3, 0});
}
