// Every operation but the convolutions (random_convs_test.cpp) on random shapes, against f64.

#include <numeric>

#include "tests/support/catch.h"
#include "tests/support/engine/op_parity.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;

namespace {

Input per_channel(const Shape& x, double low, double high, bool learnt) {
  return {.shape = {1, {x[3]}},
          .low = low,
          .high = high,
          .differentiable = learnt,
          .accumulator_dtype = true};
}

// An operation of one or two activations of one shape.
ParityCase elementwise(std::mt19937& random, int operands, decltype(OpCase::run) run) {
  const Shape shape = random_activation(random);
  const Input operand{.shape = shape, .low = -4, .high = 10, .differentiable = true};
  return {{.inputs = std::vector<Input>(size_t(operands), operand), .run = std::move(run)}};
}

// Targets for the anchors of one feature map among those of all.
struct Anchors {
  int images;
  std::vector<int> levels;  // anchors of each feature map
  int all() const { return std::accumulate(levels.begin(), levels.end(), 0); }
};

Anchors random_anchors(std::mt19937& random) {
  Anchors a{.images = one_of(random, {1, 1, 2, 3}), .levels = {}};
  for (int level = one_of(random, {1, 1, 2, 5, 8}); level > 0; --level)
    a.levels.push_back(one_of(random, {1, 2, 7, 31, 60}));
  return a;
}

// One input for each feature map.
std::vector<Input> predictions(const Anchors& a, int columns, double size) {
  std::vector<Input> inputs;
  for (int anchors : a.levels)
    inputs.push_back({.shape = {3, {a.images, anchors, columns}},
                      .low = -size,
                      .high = size,
                      .differentiable = true});
  return inputs;
}

Input weights_of(const Anchors& a) {
  return {.shape = {2, {a.images, a.all()}}, .low = 0, .high = 1, .accumulator_dtype = true};
}

// The same columns on every device, in the memory of the context.
Tensor random_columns(const Context& c, const Anchors& a, int columns) {
  std::mt19937 random(11);
  Values values(size_t(a.images * a.all()));
  for (double& v : values) v = double(random() % unsigned(columns));
  Tensor classes = c.empty({2, {a.images, a.all()}}, DType::i32);
  write(classes, values);
  return classes;
}

}  // namespace

TEST_CASE("random shapes: add, add_into, cast, relu, relu6") {
  check_parity({"add", [](std::mt19937& random) {
                  return elementwise(random, 2, [](const Context& c, const auto& in) {
                    return add(c, in[0], in[1]);
                  });
                }});
  check_parity({"add_into", [](std::mt19937& random) {
                  ParityCase t = elementwise(random, 2, [](const Context& c, const auto& in) {
                    add_into(c, in[0], in[1]);
                    return in[0];
                  });
                  for (Input& i : t.op.inputs) i.differentiable = false;
                  t.op.inputs[0].accumulator_dtype = random() % 2;
                  return t;
                }});
  check_parity({"cast", [](std::mt19937& random) {
                  ParityCase t = elementwise(random, 2, [](const Context& c, const auto& in) {
                    return cast(c, in[0], in[1].dtype());
                  });
                  t.op.inputs[random() % 2].accumulator_dtype = true;
                  t.op.inputs[1].differentiable = false;
                  return t;
                }});
  check_parity({"relu", [](std::mt19937& random) {
                  return elementwise(
                      random, 1, [](const Context& c, const auto& in) { return relu(c, in[0]); });
                }});
  check_parity({"relu6", [](std::mt19937& random) {
                  return elementwise(
                      random, 1, [](const Context& c, const auto& in) { return relu6(c, in[0]); });
                }});
}

TEST_CASE("random shapes: bias") {
  check_parity({"bias", [](std::mt19937& random) {
                  ParityCase t = elementwise(random, 1, [](const Context& c, const auto& in) {
                    return bias(c, in[0], in[1]);
                  });
                  t.op.inputs.push_back(per_channel(t.op.inputs[0].shape, -3, 3, true));
                  return t;
                }});
}

TEST_CASE("random shapes: batch_norm") {
  check_parity(
      {"batch_norm", [](std::mt19937& random) {
         Shape x = random_activation(random);
         const bool training = random() % 4 > 0, residual = random() % 2;
         // Of a few pixels, the part of a gradient that moments do not take away is a
         // difference of nearly equal numbers; of one it is exactly 0.
         if (const int64_t rows = x[0] * x[1] * x[2]; training && rows > 1 && rows < 8)
           x.dim[1] = 8;
         const engine::BatchNormOptions options{.activation = random_activation_function(random)};
         ParityCase t{{.inputs = {{.shape = x, .low = -3, .high = 3, .differentiable = true},
                                  per_channel(x, 0.5, 4, true),
                                  per_channel(x, -1, 4, true),
                                  per_channel(x, -0.5, 0.5, false),
                                  per_channel(x, 0.5, 2, false)}},
                      options.activation};
         if (residual) t.op.inputs.push_back({.shape = x, .differentiable = true});
         t.op.run = [=](Context c, const std::vector<Tensor>& in) {
           c.training = training;
           return batch_norm(c, in[0], {in[1], in[2], in[3], in[4]}, options,
                             residual ? in[5] : Tensor());
         };
         return t;
       }});
}

TEST_CASE("random shapes: max_pool") {
  check_parity(
      {"max_pool", [](std::mt19937& random) {
         const int kernel = one_of(random, {1, 2, 3, 3, 3, 5}), stride = one_of(random, {1, 2, 3});
         auto side = [&] { return int(random() % unsigned(kernel)); };
         const engine::Padding pad{side(), side(), side(), side()};
         ParityCase t = elementwise(random, 1, [=](const Context& c, const auto& in) {
           return max_pool(c, in[0], kernel, stride, pad);
         });
         Shape& x = t.op.inputs[0].shape;
         x.dim[1] = std::max<int64_t>(x[1], kernel - pad.top - pad.bottom);
         x.dim[2] = std::max<int64_t>(x[2], kernel - pad.left - pad.right);
         return t;
       }});
}

TEST_CASE("random shapes: upsample_add") {
  check_parity({"upsample_add", [](std::mt19937& random) {
                  ParityCase t = elementwise(random, 2, [](const Context& c, const auto& in) {
                    return upsample_add(c, in[0], in[1]);
                  });
                  Shape& fine = t.op.inputs[1].shape;
                  fine.dim[1] *= one_of(random, {1, 2, 2, 3});
                  fine.dim[2] *= one_of(random, {1, 2, 2, 3});
                  return t;
                }});
}

TEST_CASE("random shapes: focal_loss") {
  check_parity({"focal_loss", [](std::mt19937& random) {
                  const Anchors a = random_anchors(random);
                  const int columns = one_of(random, {2, 3, 4, 21, 91});
                  engine::FocalOptions options;
                  options.gamma = one_of(random, {0, 1, 2, 2, 3});
                  if (random() % 4 == 0) options.alpha = {};
                  ParityCase t;
                  t.op.inputs = predictions(a, columns, 6);
                  t.op.inputs.push_back(weights_of(a));
                  t.op.run = [=](const Context& c, const auto& in) {
                    return focal_loss(c, {in.begin(), in.end() - 1},
                                      {random_columns(c, a, columns), in.back(), columns}, options);
                  };
                  return t;
                }});
}

TEST_CASE("random shapes: smooth_l1") {
  check_parity(
      {"smooth_l1", [](std::mt19937& random) {
         const Anchors a = random_anchors(random);
         const double delta = one_of(random, {1, 1, 2, 4}) / 4.0;
         ParityCase t;
         t.op.inputs = predictions(a, 4, 2);
         t.op.inputs.push_back({.shape = {3, {a.images, a.all(), 4}},
                                .low = -2,
                                .high = 2,
                                .accumulator_dtype = true});
         t.op.inputs.push_back(weights_of(a));
         t.op.run = [=](const Context& c, const auto& in) {
           return smooth_l1(c, {in.begin(), in.end() - 2}, {in[in.size() - 2], in.back()}, delta);
         };
         return t;
       }});
}
