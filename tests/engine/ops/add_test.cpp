#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;

TEST_CASE("add: an operand used three times gets three gradients") {
  check({
      .name = "add",
      .inputs = {{.shape = {1, {101}}, .differentiable = true},
                 {.shape = {1, {101}}, .differentiable = true}},
      .run = [](const Context& c, const auto& in) { return add(c, add(c, in[0], in[1]), in[0]); },
      .reference =
          [](const auto& in) {
            Values y(in[0].size());
            for (size_t i = 0; i < y.size(); ++i) y[i] = 2 * in[0][i] + in[1][i];
            return y;
          },
  });
}
