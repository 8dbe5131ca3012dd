#include "tests/support/catch.h"
#include "tests/support/op_case.h"

using namespace tests;

TEST_CASE("subsample: rows and columns 0, 2, 4...; odd and even sides") {
  for (Shape shape : {Shape{4, {2, 5, 7, 3}}, Shape{4, {1, 4, 6, 16}}, Shape{4, {3, 1, 1, 1}},
                      Shape{4, {0, 4, 4, 5}}})
    check({
        .name = "subsample",
        .inputs = {{.shape = shape, .differentiable = true}},
        .run = [](const Context& c, const auto& in) { return subsample(c, in[0]); },
        .reference =
            [shape](const auto& in) {
              Values y;
              for (int64_t i = 0; i < shape.size(); ++i) {
                int64_t column = i / shape[3] % shape[2], row = i / shape[3] / shape[2] % shape[1];
                if (row % 2 == 0 && column % 2 == 0) y.push_back(in[0][size_t(i)]);
              }
              return y;
            },
    });
}
