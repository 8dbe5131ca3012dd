// Gradients with fusions (engine/fusion.h): added to earlier ones, masked by the activation before
// the convolution, summed up for the bias or batch norm before that.
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/naive_conv.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;
using namespace engine;

namespace {

const ConvShape kShape{{.images = 2,
                        .height = 4,
                        .width = 5,
                        .in_channels = 6,
                        .out_channels = 6,
                        .kernel = 3,
                        .pad = {1, 1, 1, 1}}};
const ConvOptions kSame{.pad = kShape.pad};

Values naive_conv(const Values& x, const Values& weight) {
  return naive_forward(kShape, {x, weight});
}

Values plus(Values a, const Values& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

Values activated_all(Activation activation, Values v) {
  for (double& value : v) value = activated(activation, value);
  return v;
}

Input map() { return {.shape = kShape.x_shape(), .differentiable = true}; }
Input kernel() {
  return {.shape = kShape.weight_shape(), .low = -0.5, .high = 0.5, .differentiable = true};
}
Input channels(double low, double high, bool learnt = true) {
  return {.shape = {1, {kShape.out_channels}},
          .low = low,
          .high = high,
          .differentiable = learnt,
          .accumulator_dtype = true};
}

void check_chain(const std::string& name, std::vector<Input> inputs,
                 std::function<Tensor(const Context&, const std::vector<Tensor>&)> run,
                 std::function<Values(const std::vector<Values>&)> reference) {
  check({.name = name,
         .inputs = std::move(inputs),
         .run = std::move(run),
         .reference = std::move(reference),
         .summation_length = double(kShape.kernel * kShape.kernel * kShape.in_channels),
         .step = 1e-6,               // small enough to cross no kink of an activation
         .half_gradients = false});  // rounding moves inner values across kinks
}

// Places in a layer's inputs: weight, gamma, beta, mean, variance.
constexpr size_t kLayer = 5;
void add_layer(std::vector<Input>& inputs) {
  for (const Input& i : {kernel(), channels(0.5, 2), channels(-1, 1), channels(-0.5, 0.5, false),
                         channels(0.5, 2, false)})
    inputs.push_back(i);
}

enum class Norm { batch, constant };

// Layer `n` of a chain: activation(batch_norm(conv(x)) + residual).
Tensor layer(const Context& c, const std::vector<Tensor>& in, size_t n, const Tensor& x,
             Activation activation, Norm norm, const Tensor& residual = {}) {
  const Tensor* p = &in[1 + kLayer * n];
  if (norm == Norm::batch)
    return batch_norm(c, conv(c, x, p[0], kSame), {p[1], p[2], p[3], p[4]},
                      {.activation = activation}, residual);
  Tensor master = cast(Context{.queue = c.queue, .arena = c.arena, .plans = c.plans}, p[0],
                       accumulator(x.dtype()));
  ConvOptions options = kSame;
  options.activation = activation;
  return conv_frozen_batch_norm(c, x, p[0], options, {master, p[1], p[2], p[3], p[4]}, residual);
}

Values naive_layer(const std::vector<Values>& in, size_t n, const Values& x, Activation activation,
                   Norm norm, const Values& residual) {
  const Values* p = &in[1 + kLayer * n];
  Values y = naive_conv(x, p[0]);
  if (norm == Norm::batch) {
    y = naive_batch_norm(y, p[1], p[2], 1e-3);
  } else {
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t c = i % p[1].size();
      y[i] = p[1][c] * (y[i] - p[3][c]) / std::sqrt(p[4][c] + 1e-3) + p[2][c];
    }
  }
  return activated_all(activation, plus(y, residual));
}

void check_residual_unit(Norm norm, const std::string& name) {
  std::vector<Input> inputs{map()};
  for (int i = 0; i < 3; ++i) add_layer(inputs);
  inputs.push_back(kernel());
  const size_t last = inputs.size() - 1;
  const auto relu = Activation::relu, relu6 = Activation::relu6;
  check_chain(
      name, inputs,
      [=](const Context& c, const auto& in) {
        Tensor x = layer(c, in, 0, in[0], relu, norm, in[0]);
        Tensor y = layer(c, in, 1, x, relu6, norm);
        return conv(c, layer(c, in, 2, y, relu, norm, x), in[last], kSame);
      },
      [=](const auto& in) {
        const Values zero(in[0].size());
        Values x = naive_layer(in, 0, in[0], relu, norm, in[0]);
        Values y = naive_layer(in, 1, x, relu6, norm, zero);
        return naive_conv(naive_layer(in, 2, y, relu, norm, x), in[last]);
      });
}

}  // namespace

TEST_CASE("fused gradients: a residual unit, batch statistics") {
  check_residual_unit(Norm::batch, "residual unit");
}

TEST_CASE("fused gradients: a residual unit, constant statistics") {
  check_residual_unit(Norm::constant, "frozen residual unit");
}

TEST_CASE("fused gradients: a biased convolution behind another") {
  check_chain(
      "conv bias relu6 conv", {map(), kernel(), channels(-1, 3), kernel()},
      [](const Context& c, const auto& in) {
        ConvOptions clipped = kSame;
        clipped.activation = Activation::relu6;
        return conv(c, conv(c, in[0], in[1], clipped, in[2]), in[3], kSame);
      },
      [](const auto& in) {
        Values y = naive_conv(in[0], in[1]);
        for (size_t i = 0; i < y.size(); ++i) y[i] += in[2][i % in[2].size()];
        return naive_conv(activated_all(Activation::relu6, y), in[3]);
      });
}

TEST_CASE("fused gradients: an activation that two convolutions read") {
  check_chain(
      "fork", {map(), kernel(), kernel(), kernel()},
      [](const Context& c, const auto& in) {
        Tensor x = relu(c, conv(c, in[0], in[1], kSame));
        return add(c, conv(c, x, in[2], kSame), conv(c, x, in[3], kSame));
      },
      [](const auto& in) {
        Values x = activated_all(Activation::relu, naive_conv(in[0], in[1]));
        return plus(naive_conv(x, in[2]), naive_conv(x, in[3]));
      });
}

TEST_CASE("fused gradients: an activation's input that others read, too") {
  check_chain(
      "before and behind relu", {map(), kernel(), kernel()},
      [](const Context& c, const auto& in) {
        Tensor x = conv(c, in[0], in[1], kSame);
        return add(c, conv(c, relu(c, x), in[2], kSame), x);
      },
      [](const auto& in) {
        Values x = naive_conv(in[0], in[1]);
        return plus(naive_conv(activated_all(Activation::relu, x), in[2]), x);
      });
  check_chain(
      "both into one convolution", {map(), kernel(), kernel()},
      [](const Context& c, const auto& in) {
        Tensor x = conv(c, in[0], in[1], kSame);
        return conv(c, relu(c, x), in[2], kSame, {}, x);
      },
      [](const auto& in) {
        Values x = naive_conv(in[0], in[1]);
        return plus(naive_conv(activated_all(Activation::relu, x), in[2]), x);
      });
}

TEST_CASE("fused gradients: a tensor that one convolution reads twice") {
  check_chain(
      "input and residual", {map(), kernel(), kernel()},
      [](const Context& c, const auto& in) {
        Tensor x = relu(c, conv(c, in[0], in[1], kSame));
        return conv(c, x, in[2], kSame, {}, x);
      },
      [](const auto& in) {
        Values x = activated_all(Activation::relu, naive_conv(in[0], in[1]));
        return plus(naive_conv(x, in[2]), x);
      });
}

TEST_CASE("fused gradients: one kernel in two places, with a gradient from before") {
  Bench bench(GENERATE(from_range(devices())));
  Tape tape;
  Context c = bench.context(&tape);
  std::mt19937 random(3);
  auto random_tensor = [&](Shape shape) {
    Tensor t = c.empty(shape, DType::f32);
    write(t, uniform(random, size_t(shape.size()), -1, 1));
    return t;
  };
  Tensor x = random_tensor(kShape.x_shape()), w = random_tensor(kShape.weight_shape()),
         dw = random_tensor(kShape.weight_shape()), dy = random_tensor(kShape.y_shape());
  const Values before = read(dw);
  tape.watch(w, dw);
  Tensor y = conv(c, x, w, kSame), z = conv(c, x, w, kSame);
  tape.backward(c, {y, z}, {dy, dy});
  Values twice = read(dw);
  Tape once;
  c.tape = &once;
  Tensor alone = c.empty(w.shape(), DType::f32);
  write(alone, Values(before.size()));
  once.watch(w, alone);
  once.backward(c, conv(c, x, w, kSame), dy);
  Values expected = read(alone);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = before[i] + 2 * expected[i];
  CHECK(distance(twice, expected) < 1e-5);
}
