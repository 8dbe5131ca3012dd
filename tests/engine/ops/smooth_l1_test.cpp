#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;

namespace {

struct Setting {
  int images = 3, anchors = 37, all_anchors = 60, first_anchor = 11;
  double delta = 1;
};

Values reference(const Setting& s, const std::vector<Values>& in) {
  Values loss(size_t(s.images), 0.0);
  for (int n = 0; n < s.images; ++n)
    for (int a = 0; a < s.anchors; ++a)
      for (int k = 0; k < 4; ++k) {
        size_t target = size_t(n * s.all_anchors + s.first_anchor + a);
        double e =
            std::fabs(in[0][size_t((n * s.anchors + a) * 4 + k)] - in[1][target * 4 + size_t(k)]);
        double value = e <= s.delta ? e * e / 2 : s.delta * (e - s.delta / 2);
        loss[size_t(n)] += in[2][target] * value;
      }
  return loss;
}

void check_setting(const Setting& s, Shape prediction) {
  check({
      .name = "smooth_l1",
      .inputs = {{.shape = prediction, .low = -2, .high = 2, .differentiable = true},
                 {.shape = {3, {s.images, s.all_anchors, 4}},
                  .low = -2,
                  .high = 2,
                  .accumulator_dtype = true},
                 {.shape = {2, {s.images, s.all_anchors}},
                  .low = 0,
                  .high = 1,
                  .accumulator_dtype = true}},
      .run =
          [&](const Context& c, const auto& in) {
            return smooth_l1(c, in[0], {in[1], in[2], s.first_anchor}, s.delta);
          },
      .reference = [&](const auto& in) { return reference(s, in); },
      .summation_length = double(s.anchors * 4),
  });
}

}  // namespace

TEST_CASE("smooth L1: value, gradient and types") {
  check_setting({}, {3, {3, 37, 4}});
  check_setting({.delta = 0.25}, {3, {3, 37, 4}});
}

TEST_CASE("smooth L1: a feature map in its own shape, several blocks per image, one anchor") {
  check_setting({.images = 2, .anchors = 15 * 15 * 6, .all_anchors = 1500, .first_anchor = 99},
                {4, {2, 15, 15, 24}});
  check_setting({.images = 1, .anchors = 1, .all_anchors = 1, .first_anchor = 0}, {3, {1, 1, 4}});
}
