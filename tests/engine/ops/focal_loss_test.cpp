#include <cmath>

#include "kernels/focal_loss.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/own_memory.h"

using namespace tests;

namespace {

struct Setting {
  int images = 3, columns = 91;
  std::vector<Shape> levels = {{3, {3, 50, 91}}};  // one per feature map
  engine::FocalOptions options;

  int64_t anchors(size_t level) const { return levels[level].size() / (images * columns); }
  int64_t all_anchors() const {
    int64_t sum = 0;
    for (size_t l = 0; l < levels.size(); ++l) sum += anchors(l);
    return sum;
  }
};

Values random_classes(std::mt19937& random, const Setting& s) {
  Values classes(size_t(s.images * s.all_anchors()));
  for (double& c : classes) c = random() % 3 ? 0 : double(random() % unsigned(s.columns));
  return classes;
}

double naive_loss(const engine::FocalOptions& o, double x, bool hit) {
  double p = 1 / (1 + std::exp(-x)), miss = hit ? 1 - p : p;
  double alpha = o.alpha ? (hit ? *o.alpha : 1 - *o.alpha) : 1.0;
  double entropy = hit ? std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
  return alpha * std::pow(miss, o.gamma) * entropy;
}

// Straight from the definition. `in` has the logits of each feature map, then the weights.
Values reference(const Setting& s, const std::vector<Values>& in, const Values& classes) {
  Values loss(size_t(s.images), 0.0);
  int64_t before = 0;
  for (size_t level = 0; level < s.levels.size(); before += s.anchors(level++))
    for (int64_t n = 0; n < s.images; ++n)
      for (int64_t a = 0; a < s.anchors(level); ++a)
        for (int64_t c = 0; c < s.columns; ++c) {
          const size_t target = size_t(n * s.all_anchors() + before + a);
          const double x = in[level][size_t((n * s.anchors(level) + a) * s.columns + c)];
          loss[size_t(n)] +=
              in.back()[target] * naive_loss(s.options, x, c > 0 && classes[target] == double(c));
        }
  return loss;
}

void check_setting(const Setting& s) {
  const Shape per_anchor{2, {s.images, s.all_anchors()}};
  Values classes;
  OpCase focal{.name = "focal_loss",
               .inputs = {},
               .run =
                   [&](const Context& c, const auto& in) {
                     std::mt19937 random(11);
                     Tensor targets(c.arena, per_anchor, DType::i32);
                     classes = random_classes(random, s);
                     write(targets, classes);
                     return focal_loss(c, {in.begin(), in.end() - 1},
                                       {targets, in.back(), s.columns}, s.options);
                   },
               .reference = [&](const auto& in) { return reference(s, in, classes); },
               .summation_length = double(s.all_anchors() * s.columns)};
  for (const Shape& level : s.levels)
    focal.inputs.push_back({.shape = level, .low = -6, .high = 6, .differentiable = true});
  focal.inputs.push_back({.shape = per_anchor, .low = 0, .high = 1, .accumulator_dtype = true});
  check(focal);
}

// The loss of one anchor with a background column and one other.
double two_columns(const std::string& device, double x, int target,
                   const engine::FocalOptions& options) {
  Bench bench(1 << 20, device);
  Context c = bench.context();
  Tensor logits = c.empty({3, {1, 1, 2}}, DType::f32), weight = c.empty({2, {1, 1}}, DType::f32);
  Tensor classes = c.empty({2, {1, 1}}, DType::i32);
  write(logits, {-1000, x}), write(weight, {1}), write(classes, {double(target)});
  return read(focal_loss(c, {logits}, {classes, weight, 2}, options))[0];
}

}  // namespace

TEST_CASE("focal loss: value, gradient and types") {
  check_setting({});
  check_setting({.options = {.alpha = 0.4, .gamma = 1.5}});
  check_setting({.options = {.alpha = {}, .gamma = 0}});
}

TEST_CASE("focal loss: several blocks per image, one anchor, more columns than a block takes") {
  check_setting({.images = 2, .levels = {{4, {2, 4, 5, 6 * 91}}}});
  check_setting({.images = 1, .columns = 2, .levels = {{3, {1, 1, 2}}}});
  check_setting({.images = 1, .columns = 5000, .levels = {{3, {1, 3, 5000}}}});
}

TEST_CASE("focal loss: several feature maps") {
  check_setting(
      {.images = 2, .levels = {{4, {2, 4, 5, 6 * 91}}, {4, {2, 3, 1, 91}}, {3, {2, 1, 91}}}});
  std::vector<Shape> eight;
  for (int64_t anchors = 1; anchors <= 8; ++anchors) eight.push_back({3, {3, anchors, 7}});
  check_setting({.columns = 7, .levels = eight});
}

TEST_CASE("focal loss: feature maps and targets that do not belong together are refused") {
  Bench bench(1 << 20, "cpu");
  Context c = bench.context();
  const auto loss_of = [&](std::vector<Shape> levels, int64_t anchors) {
    engine::Tensors logits;
    for (const Shape& level : levels) logits.push_back(c.empty(level, DType::f32));
    return focal_loss(
        c, logits,
        {c.empty({2, {2, anchors}}, DType::i32), c.empty({2, {2, anchors}}, DType::f32), 3}, {});
  };
  CHECK_NOTHROW(loss_of({{3, {2, 4, 3}}, {3, {2, 1, 3}}}, 5));
  CHECK_THROWS_WITH(loss_of({{3, {2, 4, 3}}, {3, {2, 1, 3}}}, 6),
                    Catch::Contains("not those of the logits"));
  CHECK_THROWS_WITH(loss_of({{3, {2, 4, 3}}, {3, {1, 1, 3}}}, 5), Catch::Contains("do not divide"));
  CHECK_THROWS_WITH(loss_of({{3, {2, 4, 4}}}, 4), Catch::Contains("do not divide"));
  CHECK_THROWS_WITH(loss_of({}, 0), Catch::Contains("no feature map"));
  CHECK_THROWS_WITH(loss_of(std::vector<Shape>(9, {3, {2, 1, 3}}), 9),
                    Catch::Contains("1 to 8 feature maps"));
}

TEST_CASE("focal loss: values of an untrained network") {
  const std::string device = GENERATE(from_range(devices()));
  CHECK(two_columns(device, -4.6, 0, {}) == Approx(7.429e-7).epsilon(1e-3));
  CHECK(two_columns(device, -4.6, 1, {}) == Approx(1.1297).epsilon(1e-4));
}

TEST_CASE("focal loss: huge logits give finite losses and NaN is not hidden") {
  const std::string device = GENERATE(from_range(devices()));
  CHECK(two_columns(device, 1e4, 1, {}) == 0);
  CHECK(two_columns(device, 1e4, 0, {}) == Approx(7500));
  CHECK(two_columns(device, -1e4, 1, {}) == Approx(2500));
  CHECK(two_columns(device, -1e4, 0, {.gamma = 0.5}) == 0);
  CHECK(std::isnan(two_columns(device, NAN, 0, {})));
}

TEST_CASE("focal loss: writes its losses and gradients, and nothing behind them") {
  const std::string device = GENERATE(from_range(devices()));
  Bench bench(device);
  OwnMemory memory(bench);
  // Inputs for a third image, too.
  const View logits = memory.filled(DType::f32, {3, {2, 3, 5}}, 1, {3, {3, 3, 5}});
  const View classes = memory.filled(DType::i32, {2, {2, 3}}, 1, {2, {3, 3}});
  const View weights = memory.filled(DType::f32, {2, {2, 3}}, 1, {2, {3, 3}});
  const View dloss = memory.filled(DType::f32, {1, {2}}, 1, {1, {3}});
  const View partial = memory.filled(DType::f32, {2, {2, 1}}, 0, {2, {2, 1}});
  const View loss = memory.filled(DType::f32, {1, {2}}, 0, {1, {2}});
  const View dlogits = memory.filled(DType::f32, {3, {2, 3, 5}}, 0, {3, {2, 3, 5}});
  const kernels::FocalLoss f{{logits}, classes, weights, 5, {}};
  kernels::focal_loss_forward(bench.queue(), f, partial, loss);
  kernels::focal_loss_backward(bench.queue(), f, dloss, {dlogits});
  const Values losses = read(Tensor::borrow(loss)), gradients = read(Tensor::borrow(dlogits));
  CHECK(losses[0] == losses[1]);
  for (size_t i = 0; i < gradients.size(); ++i)
    CHECK((gradients[i] < 0) == (i % 5 == 1));  // where the class is the anchor's
}
