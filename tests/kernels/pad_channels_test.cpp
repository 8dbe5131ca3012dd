#include "kernels/pad_channels.h"
#include "tests/support/catch.h"

#include <cmath>

#include "tests/support/engine/op_case.h"

using namespace tests;

namespace {

struct Size {
  int64_t rows, columns;
};

// x, and y before and after.
void check_copy(Size from, Size to, DType x_type, DType y_type, bool add) {
  INFO(from.rows << "x" << from.columns << " to " << to.rows << "x" << to.columns << ", dtypes "
                 << int(x_type) << " " << int(y_type) << (add ? ", added" : ""));
  Bench bench;
  std::mt19937 random(3);
  // Leading dimensions count as rows.
  Tensor x = bench.context().empty({3, {from.rows, 1, from.columns}}, x_type);
  Tensor y = bench.context().empty({2, {to.rows, to.columns}}, y_type);
  // Whole numbers: exact in every dtype.
  auto whole = [&](const Tensor& t) {
    Values values = uniform(random, size_t(View(t).shape.size()), -9, 9);
    for (double& v : values) v = std::round(v);
    return values;
  };
  const Values in = whole(x), before = whole(y);
  write(x, in);
  write(y, before);
  kernels::Queue queue = bench.backend->queue(engine::Lane::compute);
  add ? kernels::add_padded(queue, x, y) : kernels::pad_channels(queue, x, y);
  Values expected(before.size());
  for (int64_t r = 0; r < to.rows; ++r)
    for (int64_t c = 0; c < to.columns; ++c) {
      const bool inside = r < from.rows && c < from.columns;
      double& v = expected[size_t(r * to.columns + c)];
      v = add ? before[size_t(r * to.columns + c)] : 0;
      if (inside) v += in[size_t(r * from.columns + c)];
    }
  CHECK(read(y) == expected);
}

}  // namespace

TEST_CASE("pad_channels: pads, crops, converts and adds") {
  const std::vector<std::pair<Size, Size>> sizes{{{50, 3}, {50, 8}},   {{50, 8}, {50, 3}},
                                                 {{33, 3}, {40, 4}},   {{40, 4}, {33, 3}},
                                                 {{700, 5}, {700, 5}}, {{1, 546}, {1, 552}},
                                                 {{40, 6}, {33, 10}},  {{33, 552}, {40, 546}}};
  for (auto [from, to] : sizes)
    for (DType x : {DType::f32, DType::f16, DType::bf16})
      for (DType y : {DType::f32, DType::f16, DType::bf16})
        for (bool add : {false, true}) check_copy(from, to, x, y, add);
  check_copy({9, 3}, {9, 8}, DType::f64, DType::f64, false);
}
