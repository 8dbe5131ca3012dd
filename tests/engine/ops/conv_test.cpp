#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/engine/naive_conv.h"

using namespace tests;
using namespace engine;

namespace {

void check_conv(const ConvShape& s, bool image = false) {
  OpCase op;
  op.name = base::concatenate(
      "conv ", s.kernel, "x", s.kernel, "/", s.stride, " of ", s.images, "x", s.height, "x",
      s.width, "x", s.in_channels, " to ", s.out_channels, s.forward.bias ? " +bias" : "",
      s.forward.residual ? " +residual" : "", " activation ", int(s.forward.activation));
  op.inputs.push_back({.shape = s.x_shape(), .differentiable = !image});
  op.inputs.push_back({.shape = s.weight_shape(), .differentiable = true});
  if (s.forward.bias)
    op.inputs.push_back(
        {.shape = {1, {s.out_channels}}, .differentiable = true, .accumulator_dtype = true});
  if (s.forward.residual)
    op.inputs.push_back({.shape = s.y_shape(), .low = -3, .high = 9, .differentiable = true});
  op.run = [s](const Context& c, const std::vector<Tensor>& in) {
    return conv(c, in[0], in[1],
                {.stride = s.stride, .pad = s.pad, .activation = s.forward.activation},
                s.forward.bias ? in[2] : Tensor(), s.forward.residual ? in.back() : Tensor());
  };
  op.reference = [s](const std::vector<Values>& in) { return naive_forward(s, in); };
  op.summation_length = s.kernel * s.kernel * s.in_channels;
  op.step = 1e-6;  // small enough to cross no kink of the activation
  op.half_gradients = !s.forward.residual || s.forward.activation != Activation::relu6;
  check(op);
}

}  // namespace

TEST_CASE("conv: kernels, strides, asymmetric padding, odd sizes") {
  check_conv({{.images = 2, .height = 5, .width = 7, .in_channels = 3, .out_channels = 5}});
  check_conv(
      {{.images = 1, .height = 6, .width = 5, .in_channels = 19, .out_channels = 33, .stride = 2}});
  check_conv({{.images = 2,
               .height = 7,
               .width = 5,
               .in_channels = 16,
               .out_channels = 17,
               .kernel = 3,
               .pad = {1, 1, 1, 1}}});
  check_conv({{.images = 2,
               .height = 10,
               .width = 10,
               .in_channels = 7,
               .out_channels = 4,
               .kernel = 3,
               .stride = 2,
               .pad = {0, 0, 1, 1}}});
  check_conv({{.images = 1,
               .height = 9,
               .width = 6,
               .in_channels = 4,
               .out_channels = 6,
               .kernel = 3,
               .stride = 2,
               .pad = {0, 1, 0, 1}}});
  check_conv({{.images = 1,
               .height = 5,
               .width = 5,
               .in_channels = 33,
               .out_channels = 3,
               .kernel = 3,
               .stride = 2,
               .pad = {1, 1, 1, 1}}});
}

TEST_CASE("conv: an image of one pixel, a result of one pixel") {
  check_conv({{.images = 3, .height = 1, .width = 1, .in_channels = 5, .out_channels = 9}});
  check_conv({{.images = 1,
               .height = 1,
               .width = 1,
               .in_channels = 2,
               .out_channels = 3,
               .kernel = 3,
               .pad = {1, 1, 1, 1}}});
  check_conv(
      {{.images = 2, .height = 3, .width = 3, .in_channels = 4, .out_channels = 1, .kernel = 3}});
}

TEST_CASE("conv: the stem, whose image needs no gradient") {
  ConvShape stem{{.images = 1,
                  .height = 19,
                  .width = 18,
                  .in_channels = 3,
                  .out_channels = 16,
                  .kernel = 7,
                  .stride = 2,
                  .pad = {3, 3, 3, 3}}};
  check_conv(stem, true);
  check_conv(stem, false);
}

TEST_CASE("conv: as many channels as the class predictor") {
  check_conv({{.images = 1,
               .height = 3,
               .width = 2,
               .in_channels = 32,
               .out_channels = 546,
               .kernel = 3,
               .pad = {1, 1, 1, 1}},
              ConvPass::forward,
              DType::f32,
              true,
              {.bias = true}});
}

TEST_CASE("conv: every fusion") {
  for (bool bias : {false, true})
    for (bool residual : {false, true})
      for (Activation activation : {Activation::none, Activation::relu, Activation::relu6})
        check_conv({{.images = 2,
                     .height = 4,
                     .width = 5,
                     .in_channels = 6,
                     .out_channels = 11,
                     .kernel = 3,
                     .pad = {1, 1, 1, 1}},
                    ConvPass::forward,
                    DType::f32,
                    true,
                    {.bias = bias, .residual = residual, .activation = activation}});
}

TEST_CASE("conv: one weight used for maps of several sizes collects all gradients") {
  check({
      .name = "shared conv",
      .inputs = {{.shape = {4, {1, 4, 4, 3}}, .differentiable = true},
                 {.shape = {4, {3, 3, 3, 3}}, .differentiable = true}},
      .run =
          [](const Context& c, const auto& in) {
            ConvOptions o{.pad = {1, 1, 1, 1}, .activation = Activation::relu};
            return conv(c, conv(c, in[0], in[1], o), in[1], {.stride = 2, .pad = {0, 0, 1, 1}}, {},
                        {});
          },
      .reference =
          [](const auto& in) {
            ConvShape s{{.images = 1,
                         .height = 4,
                         .width = 4,
                         .in_channels = 3,
                         .out_channels = 3,
                         .kernel = 3,
                         .pad = {1, 1, 1, 1}},
                        ConvPass::forward,
                        DType::f32,
                        true,
                        {.activation = Activation::relu}};
            Values middle = naive_forward(s, in);
            s.stride = 2, s.pad = {0, 0, 1, 1}, s.forward.activation = Activation::none;
            return naive_forward(s, {middle, in[1]});
          },
      .summation_length = 54,
      .step = 1e-6,
  });
}

TEST_CASE("conv: no images give no outputs and a zero gradient") {
  Bench bench(GENERATE(from_range(devices())));
  Tape tape;
  Context c = bench.context(&tape);
  Tensor x = c.empty({4, {0, 6, 6, 3}}, DType::f32), w = c.empty({4, {4, 3, 3, 3}}, DType::f32);
  Tensor dx = c.empty(x.shape(), DType::f32), dw = c.empty(w.shape(), DType::f32);
  write(w, Values(108, 1.0));
  write(dw, Values(108, 0.0));
  tape.watch(x, dx);
  tape.watch(w, dw);
  Tensor y = conv(c, x, w, {.activation = Activation::relu});
  CHECK(y.shape() == Shape{4, {0, 4, 4, 4}});
  tape.backward(c, y, c.empty(y.shape(), DType::f32));
  CHECK(read(dw) == Values(108, 0.0));
}

TEST_CASE("conv: operands that do not fit are refused") {
  Bench bench;
  Context c = bench.context();
  auto tensor = [&](Shape s, DType t = DType::f32) { return c.empty(s, t); };
  Tensor x = tensor({4, {1, 6, 6, 3}}), w = tensor({4, {4, 3, 3, 3}});
  CHECK_THROWS_AS(conv(c, x, tensor({4, {4, 3, 3, 2}}), {}), base::Error);
  CHECK_THROWS_AS(conv(c, x, tensor({4, {4, 3, 1, 3}}), {}), base::Error);
  CHECK_THROWS_AS(conv(c, x, tensor({4, {4, 3, 3, 3}}, DType::bf16), {}), base::Error);
  CHECK_THROWS_AS(conv(c, x, tensor({4, {4, 7, 7, 3}}), {}), base::Error);
  CHECK_THROWS_AS(conv(c, tensor({3, {6, 6, 3}}), w, {}), base::Error);
  CHECK_THROWS_AS(conv(c, x, w, {.stride = 0}), base::Error);
  CHECK_THROWS_AS(conv(c, x, w, {.pad = {-1, 0, 0, 0}}), base::Error);
  CHECK_THROWS_AS(conv(c, x, w, {}, tensor({1, {3}})), base::Error);
  CHECK_THROWS_AS(conv(c, x, w, {}, {}, tensor({4, {1, 4, 4, 3}})), base::Error);
}

TEST_CASE("conv: weights said not to change are told apart by tensor and version") {
  Bench bench;
  Context c = bench.context(nullptr, false);
  std::mt19937 random(9);
  auto tensor = [&](Shape shape) {
    Tensor t = c.empty(shape, DType::f32);
    write(t, uniform(random, size_t(shape.size()), -1, 1));
    return t;
  };
  Tensor x = tensor({4, {1, 6, 6, 5}}), a = tensor({4, {24, 3, 3, 5}}), b = tensor(a.shape());
  auto run = [&](const Tensor& w, uint64_t version) {
    c.weights_version = version;
    return read(conv(c, x, w, {}));
  };
  Values of_a = run(a, 0), of_b = run(b, 0);
  REQUIRE(of_a != of_b);
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(run(a, 1) == of_a);
    CHECK(run(b, 1) == of_b);
  }
  write(a, read(b));
  CHECK(run(a, 2) == of_b);
  CHECK(run(a, 0) == of_b);
}
