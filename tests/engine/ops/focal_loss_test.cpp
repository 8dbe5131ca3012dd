#include <cmath>

#include "kernels/focal_loss.h"
#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"
#include "tests/support/engine/own_memory.h"

using namespace tests;

namespace {

struct Setting {
  int images = 3, anchors = 50, columns = 91, all_anchors = 70, first_anchor = 13;
  engine::FocalOptions options;
};

Values random_classes(std::mt19937& random, const Setting& s) {
  Values classes(size_t(s.images) * size_t(s.all_anchors));
  for (double& c : classes) c = random() % 3 ? 0 : double(random() % unsigned(s.columns));
  return classes;
}

// Straight from the definition.
Values reference(const Setting& s, const Values& logits, const Values& classes,
                 const Values& weights) {
  Values loss(size_t(s.images), 0.0);
  for (int n = 0; n < s.images; ++n)
    for (int a = 0; a < s.anchors; ++a)
      for (int c = 0; c < s.columns; ++c) {
        size_t target = size_t(n * s.all_anchors + s.first_anchor + a);
        double x = logits[size_t((n * s.anchors + a) * s.columns + c)];
        bool hit = c > 0 && classes[target] == c;
        double p = 1 / (1 + std::exp(-x)), miss = hit ? 1 - p : p;
        double alpha = s.options.alpha ? (hit ? *s.options.alpha : 1 - *s.options.alpha) : 1.0;
        double entropy = hit ? std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
        loss[size_t(n)] += weights[target] * alpha * std::pow(miss, s.options.gamma) * entropy;
      }
  return loss;
}

void check_setting(const Setting& s, Shape logits) {
  Values classes;
  check({
      .name = "focal_loss",
      .inputs = {{.shape = logits, .low = -6, .high = 6, .differentiable = true},
                 {.shape = {2, {s.images, s.all_anchors}},
                  .low = 0,
                  .high = 1,
                  .accumulator_dtype = true}},
      .run =
          [&](const Context& c, const auto& in) {
            std::mt19937 random(11);
            Tensor targets(c.arena, {2, {s.images, s.all_anchors}}, DType::i32);
            classes = random_classes(random, s);
            write(targets, classes);
            return focal_loss(c, in[0], {targets, in[1], s.first_anchor, s.columns}, s.options);
          },
      .reference = [&](const auto& in) { return reference(s, in[0], classes, in[1]); },
      .summation_length = double(s.anchors * s.columns),
  });
}

// The loss of one anchor with a background column and one other.
double two_columns(const std::string& device, double x, int target,
                   const engine::FocalOptions& options) {
  Bench bench(1 << 20, device);
  Context c = bench.context();
  Tensor logits = c.empty({3, {1, 1, 2}}, DType::f32), weight = c.empty({2, {1, 1}}, DType::f32);
  Tensor classes = c.empty({2, {1, 1}}, DType::i32);
  write(logits, {-1000, x}), write(weight, {1}), write(classes, {double(target)});
  return read(focal_loss(c, logits, {classes, weight, 0, 2}, options))[0];
}

}  // namespace

TEST_CASE("focal loss: value, gradient and types") {
  check_setting({}, {3, {3, 50, 91}});
  check_setting({.options = {.alpha = 0.4, .gamma = 1.5}}, {3, {3, 50, 91}});
  check_setting({.options = {.alpha = {}, .gamma = 0}}, {3, {3, 50, 91}});
}

TEST_CASE("focal loss: a feature map in its own shape, several blocks per image, one column") {
  check_setting({.images = 2, .anchors = 4 * 5 * 6, .all_anchors = 130, .first_anchor = 7},
                {4, {2, 4, 5, 6 * 91}});
  check_setting({.images = 1, .anchors = 1, .columns = 2, .all_anchors = 1, .first_anchor = 0},
                {3, {1, 1, 2}});
  check_setting({.images = 1, .anchors = 3, .columns = 5000, .all_anchors = 3, .first_anchor = 0},
                {3, {1, 3, 5000}});
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
  const kernels::FocalLoss f{logits, classes, weights, 0, 5, {}};
  kernels::focal_loss_forward(bench.queue(), f, partial, loss);
  kernels::focal_loss_backward(bench.queue(), f, dloss, dlogits);
  const Values losses = read(Tensor::borrow(loss)), gradients = read(Tensor::borrow(dlogits));
  CHECK(losses[0] == losses[1]);
  for (size_t i = 0; i < gradients.size(); ++i)
    CHECK((gradients[i] < 0) == (i % 5 == 1));  // where the class is the anchor's
}
