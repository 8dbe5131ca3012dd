#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;

TEST_CASE("bias: value and gradients at odd sizes, many chunks and none") {
  for (Shape shape : {Shape{4, {3, 5, 7, 6}}, Shape{4, {1, 1, 1, 1}}, Shape{2, {37, 1030}},
                      Shape{4, {2, 101, 97, 3}}, Shape{2, {37, 12}}, Shape{4, {0, 4, 4, 5}}})
    check({
        .name = "bias",
        .inputs = {{.shape = shape, .differentiable = true},
                   {.shape = {1, {shape[shape.rank - 1]}},
                    .differentiable = true,
                    .accumulator_dtype = true}},
        .run = [](const Context& c, const auto& in) { return bias(c, in[0], in[1]); },
        .reference =
            [](const auto& in) {
              Values y = in[0];
              for (size_t i = 0; i < y.size(); ++i) y[i] += in[1][i % in[1].size()];
              return y;
            },
    });
}

TEST_CASE("bias: a gradient does not depend on the number of threads") {
  Bench bench;
  Context c = bench.context();
  Shape shape{4, {2, 61, 67, 17}};
  Tensor x = c.empty(shape, DType::f32), b = c.empty({1, {17}}, DType::f32);
  std::mt19937 random(1);
  write(x, uniform(random, size_t(shape.size()), -1, 1));
  write(b, Values(17, 0.0));
  std::vector<Values> results;
  for (int threads : {1, 2, 3, 5}) {
    engine::Tape tape;
    Context now = bench.context(&tape);
    now.queue.threads = threads;
    Tensor grad = c.empty({1, {17}}, DType::f32);
    write(grad, Values(17, 0.0));
    tape.watch(b, grad);
    Tensor y = bias(now, x, b);
    tape.backward(now, y, x);
    results.push_back(read(grad));
    CHECK(results.back() == results.front());
  }
}
