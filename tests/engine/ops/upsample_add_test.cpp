#include "kernels/upsample.h"

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/own_memory.h"

using namespace tests;

TEST_CASE("upsample_add: fine plus every coarse pixel four times") {
  for (Shape half : {Shape{4, {2, 3, 5, 3}}, Shape{4, {1, 2, 1, 16}}, Shape{4, {3, 1, 1, 1}},
                     Shape{4, {0, 4, 4, 5}}}) {
    Shape full{4, {half[0], half[1] * 2, half[2] * 2, half[3]}};
    check({
        .name = "upsample_add",
        .inputs = {{.shape = half, .differentiable = true},
                   {.shape = full, .differentiable = true}},
        .run = [](const Context& c, const auto& in) { return upsample_add(c, in[0], in[1]); },
        .reference =
            [half, full](const auto& in) {
              Values y = in[1];
              for (int64_t i = 0; i < full.size(); ++i) {
                int64_t c = i % full[3], column = i / full[3] % full[2],
                        row = i / full[3] / full[2] % full[1];
                int64_t image = i / full[3] / full[2] / full[1];
                y[size_t(i)] +=
                    in[0]
                      [size_t(((image * half[1] + row / 2) * half[2] + column / 2) * half[3] + c)];
              }
              return y;
            },
    });
  }
}

TEST_CASE("upsample_add: writes its result, and nothing behind it") {
  const std::string device = GENERATE(from_range(devices()));
  Bench bench(device);
  OwnMemory memory(bench);
  const View coarse = memory.filled(DType::f32, {4, {2, 3, 5, 3}}, 1, {4, {3, 3, 5, 3}});
  const View fine = memory.filled(DType::f32, {4, {2, 6, 10, 3}}, 2, {4, {3, 6, 10, 3}});
  const View y = memory.filled(DType::f32, fine.shape, 0, fine.shape);
  kernels::upsample_add(bench.queue(), coarse, fine, y);
  CHECK(read(Tensor::borrow(y)) == Values(size_t(y.shape.size()), 3));
}

TEST_CASE("upsample_add: refuses sides that are not doubled") {
  Bench bench;
  Context c = bench.context();
  Tensor coarse = c.empty({4, {1, 3, 3, 2}}, DType::f32);
  CHECK_THROWS(upsample_add(c, coarse, c.empty({4, {1, 5, 6, 2}}, DType::f32)));
  CHECK_THROWS(upsample_add(c, coarse, c.empty({4, {1, 6, 6, 3}}, DType::f32)));
  CHECK_THROWS(upsample_add(c, coarse, c.empty({4, {1, 6, 6, 2}}, DType::bf16)));
}
