#include <cmath>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/engine/naive_conv.h"

using namespace tests;
using namespace engine;

namespace {

#ifdef SSD_CUDA_BUILD
constexpr bool kHaveF64 = false;  // kernels compiled by nvcc have no f64
#else
constexpr bool kHaveF64 = true;
#endif

enum Place { kX, kWeight, kGamma, kBeta, kMean, kVariance, kResidual };
constexpr double kEpsilon = 1e-3;

struct Case {
  ConvShape conv;      // its residual and activation as well
  bool image = false;  // x needs no gradient
};

ConvOptions options_of(const ConvShape& s) {
  return {.stride = s.stride, .pad = s.pad, .activation = s.forward.activation};
}

Tensor residual_of(const std::vector<Tensor>& in) {
  return in.size() > kResidual ? in[kResidual] : Tensor();
}

Tensor folded(const Context& c, const ConvShape& s, const std::vector<Tensor>& in) {
  return conv_frozen_batch_norm(c, in[kX], in[kWeight], options_of(s),
                                {.master = in[kWeight],
                                 .gamma = in[kGamma],
                                 .beta = in[kBeta],
                                 .mean = in[kMean],
                                 .variance = in[kVariance],
                                 .epsilon = kEpsilon},
                                residual_of(in));
}

Tensor unfused(const Context& c, const ConvShape& s, const std::vector<Tensor>& in) {
  Context evaluation = c;  // batch_norm uses the moving statistics there
  evaluation.training = false;
  Tensor y = conv(evaluation, in[kX], in[kWeight], {.stride = s.stride, .pad = s.pad});
  return batch_norm(evaluation, y, {in[kGamma], in[kBeta], in[kMean], in[kVariance]},
                    {.epsilon = kEpsilon, .activation = s.forward.activation}, residual_of(in));
}

Values reference(ConvShape s, const std::vector<Values>& in) {
  Activation activation = s.forward.activation;
  s.forward.residual = false;
  s.forward.activation = Activation::none;
  Values y = naive_forward(s, {in[kX], in[kWeight]});
  for (size_t i = 0; i < y.size(); ++i) {
    size_t k = i % size_t(s.out_channels);
    double v = in[kGamma][k] * (y[i] - in[kMean][k]) / std::sqrt(in[kVariance][k] + kEpsilon);
    y[i] = activated(activation, v + in[kBeta][k] + (in.size() > kResidual ? in[kResidual][i] : 0));
  }
  return y;
}

std::vector<Input> inputs_of(const Case& t) {
  auto per_channel = [&](double low, double high, bool learnt) {
    return Input{.shape = {1, {t.conv.out_channels}},
                 .low = low,
                 .high = high,
                 .differentiable = learnt,
                 .accumulator_dtype = true};
  };
  std::vector<Input> inputs{
      {.shape = t.conv.x_shape(), .differentiable = !t.image},
      {.shape = t.conv.weight_shape(), .differentiable = true, .accumulator_dtype = true},
      per_channel(-2, 2, true),
      per_channel(-1, 1, true),
      per_channel(-0.5, 0.5, false),
      per_channel(0.5, 2, false)};
  if (t.conv.forward.residual)
    inputs.push_back({.shape = t.conv.y_shape(), .low = -3, .high = 9, .differentiable = true});
  return inputs;
}

// Values and gradients in float64 by one of the paths, for the inputs that are wanted.
std::vector<Values> run_in_f64(const Case& t, decltype(&folded) path,
                               const std::vector<bool>& wanted) {
  Bench bench;
  Tape tape;
  Context c = bench.context(&tape);
  std::mt19937 random(4);
  std::vector<Tensor> in, grads;
  for (const Input& i : inputs_of(t)) {
    in.push_back(c.empty(i.shape, DType::f64));
    write(in.back(), uniform(random, size_t(i.shape.size()), i.low, i.high));
    grads.push_back(c.empty(i.shape, DType::f64));
    write(grads.back(), Values(size_t(i.shape.size()), 0.0));
    if (wanted[in.size() - 1]) tape.watch(in.back(), grads.back());
  }
  Tensor y = path(c, t.conv, in), dy = c.empty(y.shape(), y.dtype());
  write(dy, uniform(random, size_t(y.shape().size()), -1, 1));
  std::vector<Values> results{read(y)};
  tape.backward(c, y, dy);
  for (const Tensor& g : grads) results.push_back(read(g));
  return results;
}

void check_folding(const Case& t) {
  const ConvShape& s = t.conv;
  OpCase op{
      .name = "conv_frozen_batch_norm",
      .inputs = inputs_of(t),
      .run = [s](const Context& c, const auto& in) { return folded(c, s, in); },
      .reference = [s](const auto& in) { return reference(s, in); },
      .summation_length = double(s.kernel) * s.kernel * s.in_channels,
      .step = 1e-6,  // small enough to cross no kink of the activation
      // Rounding the folded kernel moves outputs across kinks.
      .half_gradients = s.forward.activation == Activation::none,
  };
  check(op);
  if (!kHaveF64) return;
  std::vector<bool> wanted;
  for (const Input& i : op.inputs) wanted.push_back(i.differentiable);
  auto ours = run_in_f64(t, folded, wanted), theirs = run_in_f64(t, unfused, wanted);
  for (size_t k = 0; k < ours.size(); ++k) {
    INFO("result " << k);
    CHECK(distance(ours[k], theirs[k]) < 1e-12);
  }
}

const ConvShape kShape{{.images = 2,
                        .height = 7,
                        .width = 5,
                        .in_channels = 6,
                        .out_channels = 11,
                        .kernel = 3,
                        .pad = {1, 1, 1, 1}}};

}  // namespace

TEST_CASE("conv_frozen_batch_norm: every activation, with and without residual") {
  for (Activation activation : {Activation::none, Activation::relu, Activation::relu6})
    for (bool residual : {false, true}) {
      Case t{.conv = kShape};
      t.conv.forward.activation = activation;
      t.conv.forward.residual = residual;
      check_folding(t);
    }
}

TEST_CASE("conv_frozen_batch_norm: 1x1, strides, padding, the stem, one channel, no images") {
  check_folding({.conv = {{.images = 2,
                           .height = 5,
                           .width = 6,
                           .in_channels = 33,
                           .out_channels = 16,
                           .stride = 2},
                          ConvPass::forward,
                          DType::f32,
                          true,
                          {.activation = Activation::relu6}}});
  check_folding({.conv = {{.images = 1,
                           .height = 9,
                           .width = 6,
                           .in_channels = 4,
                           .out_channels = 5,
                           .kernel = 3,
                           .stride = 2,
                           .pad = {0, 1, 0, 1}}}});
  check_folding({.conv = {{.images = 1,
                           .height = 19,
                           .width = 18,
                           .in_channels = 3,
                           .out_channels = 16,
                           .kernel = 7,
                           .stride = 2,
                           .pad = {3, 3, 3, 3}},
                          ConvPass::forward,
                          DType::f32,
                          true,
                          {.activation = Activation::relu6}},
                 .image = true});
  check_folding(
      {.conv = {{.images = 1, .height = 2, .width = 2, .in_channels = 1, .out_channels = 1}}});
  check_folding(
      {.conv = {{.images = 0, .height = 4, .width = 4, .in_channels = 2, .out_channels = 3}}});
}

TEST_CASE("conv_frozen_batch_norm: a kernel shared by layers collects their gradients") {
  // Both layers have the same kernel and batch norms of their own, as the heads' levels do.
  ConvShape s = kShape;
  s.out_channels = s.in_channels;
  s.forward.activation = Activation::relu6;
  auto second_of = [](const auto& in) {
    auto second = in;
    for (size_t k : {kGamma, kBeta, kMean, kVariance}) second[k] = in[6 + k - kGamma];
    second.resize(kResidual);
    return second;
  };
  std::vector<Input> inputs = inputs_of({.conv = s});
  for (size_t k : {kGamma, kBeta, kMean, kVariance}) inputs.push_back(inputs[k]);
  check({
      .name = "shared kernel",
      .inputs = inputs,
      .run =
          [=](const Context& c, const auto& in) {
            std::vector<Tensor> first(in.begin(), in.begin() + kResidual), second = second_of(in);
            second[kX] = folded(c, s, first);
            return folded(c, s, second);
          },
      .reference =
          [=](const auto& in) {
            std::vector<Values> first(in.begin(), in.begin() + kResidual), second = second_of(in);
            second[kX] = reference(s, first);
            return reference(s, second);
          },
      .summation_length = 2.0 * s.kernel * s.kernel * s.in_channels,
      .step = 1e-6,
      .half_gradients = false,
  });
}

TEST_CASE("conv_frozen_batch_norm: wanting one gradient gives what wanting all gives") {
  if (!kHaveF64) return;
  Case t{.conv = kShape};
  t.conv.forward.activation = Activation::relu;
  t.conv.forward.residual = true;
  const std::vector<bool> all{true, true, true, true, false, false, true};
  auto complete = run_in_f64(t, folded, all);
  for (size_t k = 0; k < all.size(); ++k) {
    if (!all[k]) continue;
    std::vector<bool> wanted(all.size(), false);
    wanted[k] = true;
    auto one = run_in_f64(t, folded, wanted);
    for (size_t i = 0; i < all.size(); ++i)
      CHECK(one[i + 1] == (i == k ? complete[i + 1] : Values(complete[i + 1].size(), 0.0)));
  }
}

TEST_CASE("conv_frozen_batch_norm: rounds the folded kernel once, from the master") {
  Bench bench;
  Context c = bench.context();
  auto filled = [&](Shape shape, DType dtype, double v) {
    Tensor t = c.empty(shape, dtype);
    write(t, Values(size_t(shape.size()), v));
    return t;
  };
  Tensor x = filled({4, {1, 1, 1, 1}}, DType::bf16, 1), one = filled({1, {1}}, DType::f32, 1),
         none = filled({1, {1}}, DType::f32, 0), scale = filled({1, {1}}, DType::f32, 3);
  const double w = 1 + 1.0 / 256;  // bf16 has 1 and 1 + 1/128 only
  Tensor master = filled({4, {1, 1, 1, 1}}, DType::f32, w),
         weight = filled({4, {1, 1, 1, 1}}, DType::bf16, w);
  REQUIRE(read(weight)[0] == 1);
  Tensor y = conv_frozen_batch_norm(c, x, weight, {},
                                    {.master = master,
                                     .gamma = scale,
                                     .beta = none,
                                     .mean = none,
                                     .variance = one,
                                     .epsilon = 0});
  CHECK(read(y)[0] == 3 + 1.0 / 64);  // 3.01171875 between 3 and 3.015625
}

TEST_CASE("conv_frozen_batch_norm: operands that do not fit are refused") {
  Bench bench;
  Context c = bench.context();
  Tensor x = c.empty({4, {1, 4, 4, 2}}, DType::bf16), w = c.empty({4, {3, 1, 1, 2}}, DType::bf16),
         master = c.empty(w.shape(), DType::f32), good = c.empty({1, {3}}, DType::f32);
  auto run = [&](const FrozenBatchNorm& f, const Tensor& residual = {}) {
    return conv_frozen_batch_norm(c, x, w, {}, f, residual);
  };
  auto short_one = c.empty({1, {2}}, DType::f32), half = c.empty({1, {3}}, DType::bf16);
  CHECK_NOTHROW(run({master, good, good, good, good}));
  CHECK_THROWS_AS(run({w, good, good, good, good}), base::Error);
  CHECK_THROWS_AS(run({c.empty({4, {3, 1, 1, 1}}, DType::f32), good, good, good, good}),
                  base::Error);
  CHECK_THROWS_AS(run({master, short_one, good, good, good}), base::Error);
  CHECK_THROWS_AS(run({master, good, good, good, half}), base::Error);
  CHECK_THROWS_AS(run({master, good, good, good, good}, c.empty({4, {1, 4, 4, 2}}, DType::bf16)),
                  base::Error);
}
