#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;

TEST_CASE("relu6: value and gradient") {
  for (Shape shape : {Shape{1, {101}}, Shape{4, {3, 1, 5, 7}}, Shape{4, {0, 2, 3, 4}}})
    check({
        .name = "relu6",
        .inputs = {{.shape = shape, .low = -4, .high = 10, .differentiable = true}},
        .run = [](const Context& c, const auto& in) { return relu6(c, in[0]); },
        .reference =
            [](const auto& in) {
              Values y = in[0];
              for (double& v : y) v = std::min(std::max(v, 0.0), 6.0);
              return y;
            },
    });
}

TEST_CASE("relu6: the slope is zero at both kinks") {
  Bench bench(GENERATE(from_range(devices())));
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor x = c.empty({1, {5}}, DType::bf16), grad = c.empty({1, {5}}, DType::f32);
  write(x, {-1, 0, 5, 6, 7});
  write(grad, Values(5, 0.0));
  tape.watch(x, grad);
  Tensor y = relu6(c, x), dy = c.empty({1, {5}}, DType::bf16);
  CHECK(read(y) == Values{0, 0, 5, 6, 6});
  write(dy, Values(5, 2.0));
  tape.backward(c, y, dy);
  CHECK(read(grad) == Values{0, 0, 2, 0, 0});
}
