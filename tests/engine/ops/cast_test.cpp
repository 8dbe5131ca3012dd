#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;

TEST_CASE("cast: to f32 and back is the identity, so are its gradients") {
  for (Shape shape : {Shape{1, {103}}, Shape{4, {0, 2, 3, 4}}, Shape{1, {1}}})
    check({
        .name = "cast",
        .inputs = {{.shape = shape, .differentiable = true}},
        .run =
            [](const Context& c, const auto& in) {
              return cast(c, cast(c, in[0], engine::accumulator(in[0].dtype())), in[0].dtype());
            },
        .reference = [](const auto& in) { return in[0]; },
    });
}

TEST_CASE("cast: rounds to nearest, keeps a tensor that has the dtype, casts gradients back") {
  Bench bench(GENERATE(from_range(devices())));
  engine::Tape tape;
  Context c = bench.context(&tape);
  Tensor x = c.empty({1, {4}}, DType::f32), grad = c.empty({1, {4}}, DType::f32);
  write(x, {1 + 1.0 / 256, 1 + 3.0 / 256, -70000, 1e-8});
  tape.watch(x, grad);
  write(grad, {0, 0, 0, 0});
  CHECK(View(cast(c, x, DType::f32)).data == View(x).data);
  Tensor half = cast(c, x, DType::f16), brain = cast(c, x, DType::bf16);
  CHECK(read(half) == Values{1 + 1.0 / 256, 1 + 3.0 / 256, -INFINITY, 0});
  CHECK(read(brain)[0] == 1);
  CHECK(read(brain)[1] == 1 + 4.0 / 256);
  Tensor dy = c.empty({1, {4}}, DType::bf16);
  write(dy, {1, 2, 3, 4});
  tape.backward(c, brain, dy);
  CHECK(read(grad) == Values{1, 2, 3, 4});
}
