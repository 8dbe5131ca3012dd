#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;

namespace {

struct Setting {
  int images = 3;
  std::vector<Shape> levels = {{3, {3, 37, 4}}};  // one per feature map
  double delta = 1;

  int64_t anchors(size_t level) const { return levels[level].size() / (images * 4); }
  int64_t all_anchors() const {
    int64_t sum = 0;
    for (size_t l = 0; l < levels.size(); ++l) sum += anchors(l);
    return sum;
  }
};

// `in` has the predictions of each feature map, then the targets and the weights.
Values reference(const Setting& s, const std::vector<Values>& in) {
  const Values &targets = in[in.size() - 2], &weights = in.back();
  Values loss(size_t(s.images), 0.0);
  int64_t before = 0;
  for (size_t level = 0; level < s.levels.size(); before += s.anchors(level++))
    for (int64_t n = 0; n < s.images; ++n)
      for (int64_t a = 0; a < s.anchors(level); ++a)
        for (size_t k = 0; k < 4; ++k) {
          const size_t target = size_t(n * s.all_anchors() + before + a);
          const double e = std::fabs(in[level][size_t(n * s.anchors(level) + a) * 4 + k] -
                                     targets[target * 4 + k]);
          const double value = e <= s.delta ? e * e / 2 : s.delta * (e - s.delta / 2);
          loss[size_t(n)] += weights[target] * value;
        }
  return loss;
}

void check_setting(const Setting& s) {
  OpCase smooth{.name = "smooth_l1",
                .inputs = {},
                .run =
                    [&](const Context& c, const auto& in) {
                      return smooth_l1(c, {in.begin(), in.end() - 2},
                                       {in[in.size() - 2], in.back()}, s.delta);
                    },
                .reference = [&](const auto& in) { return reference(s, in); },
                .summation_length = double(s.all_anchors() * 4)};
  for (const Shape& level : s.levels)
    smooth.inputs.push_back({.shape = level, .low = -2, .high = 2, .differentiable = true});
  smooth.inputs.push_back({.shape = {3, {s.images, s.all_anchors(), 4}},
                           .low = -2,
                           .high = 2,
                           .accumulator_dtype = true});
  smooth.inputs.push_back(
      {.shape = {2, {s.images, s.all_anchors()}}, .low = 0, .high = 1, .accumulator_dtype = true});
  check(smooth);
}

}  // namespace

TEST_CASE("smooth L1: value, gradient and types") {
  check_setting({});
  check_setting({.delta = 0.25});
}

TEST_CASE("smooth L1: a feature map in its own shape, several blocks per image, one anchor") {
  check_setting({.images = 2, .levels = {{4, {2, 15, 15, 24}}}});
  check_setting({.images = 1, .levels = {{3, {1, 1, 4}}}});
}

TEST_CASE("smooth L1: several feature maps") {
  check_setting(
      {.images = 2, .levels = {{4, {2, 15, 15, 24}}, {4, {2, 3, 1, 24}}, {3, {2, 1, 4}}}});
}

TEST_CASE("smooth L1: targets of other anchors are refused") {
  Bench bench(1 << 20, "cpu");
  Context c = bench.context();
  const auto loss_of = [&](int64_t anchors) {
    return smooth_l1(
        c, {c.empty({3, {2, 4, 4}}, DType::f32), c.empty({3, {2, 1, 4}}, DType::f32)},
        {c.empty({3, {2, anchors, 4}}, DType::f32), c.empty({2, {2, anchors}}, DType::f32)}, 1);
  };
  CHECK_NOTHROW(loss_of(5));
  CHECK_THROWS_WITH(loss_of(4), Catch::Contains("not those of the prediction"));
}
