// Convolution, and the batch norm that takes its moments from the convolution's sums.

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/engine/naive_conv.h"
#include "tests/support/engine/summing_plans.h"

using namespace tests;
using namespace engine;

namespace {

enum Place { kX, kWeight, kGamma, kBeta, kMean, kVariance, kResidual };

const ConvShape kShape{{.images = 3,
                        .height = 6,
                        .width = 5,
                        .in_channels = 4,
                        .out_channels = 7,
                        .kernel = 3,
                        .pad = {1, 1, 1, 1}}};
const BatchNormOptions kOptions{.decay = 0.9, .activation = Activation::relu6};

Tensor run(const Context& c, const std::vector<Tensor>& in, Activation activation) {
  ChannelSums sums;
  Tensor y = conv_with_sums(c, in[kX], in[kWeight], {.pad = kShape.pad}, sums);
  BatchNormOptions options = kOptions;
  options.activation = activation;
  return batch_norm(c, y, {in[kGamma], in[kBeta], in[kMean], in[kVariance]}, options,
                    in.size() > kResidual ? in[kResidual] : Tensor(), sums);
}

Values reference(const std::vector<Values>& in, Activation activation) {
  Values y = naive_batch_norm(naive_forward(kShape, {in[kX], in[kWeight]}), in[kGamma], in[kBeta],
                              kOptions.epsilon);
  for (size_t i = 0; i < y.size(); ++i)
    y[i] = activated(activation, y[i] + (in.size() > kResidual ? in[kResidual][i] : 0));
  return y;
}

std::vector<Input> inputs(bool residual) {
  auto per_channel = [](double low, double high, bool learnt) {
    return Input{.shape = {1, {kShape.out_channels}},
                 .low = low,
                 .high = high,
                 .differentiable = learnt,
                 .accumulator_dtype = true};
  };
  std::vector<Input> all{{.shape = kShape.x_shape(), .differentiable = true},
                         {.shape = kShape.weight_shape(), .differentiable = true},
                         per_channel(-2, 2, true),
                         per_channel(-1, 1, true),
                         per_channel(-0.5, 0.5, false),
                         per_channel(0.5, 2, false)};
  if (residual) all.push_back({.shape = kShape.y_shape(), .differentiable = true});
  return all;
}

// y, the moving statistics, and all gradients.
std::vector<Values> results_of(bool summing, DType dtype) {
  Bench bench;
  Tape tape;
  Context plain = bench.context(&tape), c = summing ? with_summing_plans(plain) : plain;
  std::mt19937 random(4);
  std::vector<Tensor> in, grads;
  for (const Input& i : inputs(true)) {
    in.push_back(c.empty(i.shape, i.accumulator_dtype ? accumulator(dtype) : dtype));
    write(in.back(), uniform(random, size_t(i.shape.size()), i.low, i.high));
    grads.push_back(c.empty(i.shape, accumulator(dtype)));
    write(grads.back(), Values(size_t(i.shape.size()), 0.0));
    if (i.differentiable) tape.watch(in.back(), grads.back());
  }
  Tensor y = run(c, in, kOptions.activation), dy = c.empty(y.shape(), y.dtype());
  write(dy, uniform(random, size_t(y.shape().size()), -1, 1));
  std::vector<Values> results{read(y), read(in[kMean]), read(in[kVariance])};
  tape.backward(c, y, dy);
  for (const Tensor& g : grads) results.push_back(read(g));
  return results;
}

}  // namespace

TEST_CASE("conv_with_sums: batch norm from the sums, every activation and residual") {
  for (Activation activation : {Activation::none, Activation::relu, Activation::relu6})
    for (bool residual : {false, true})
      check({
          .name = "conv_with_sums and batch_norm",
          .inputs = inputs(residual),
          .run = [=](const Context& c,
                     const auto& in) { return run(with_summing_plans(c), in, activation); },
          .reference = [=](const auto& in) { return reference(in, activation); },
          .summation_length = double(kShape.kernel * kShape.kernel * kShape.in_channels),
          .step = 1e-6,  // small enough to cross no kink of the activation
          // Rounding what batch norm reads moves its outputs across kinks.
          .half_gradients = activation == Activation::none,
      });
}

TEST_CASE("conv_with_sums: gives what a pass over y gives") {
  auto check_in = [](DType dtype, double limit) {
    auto summed = results_of(true, dtype), passed = results_of(false, dtype);
    for (size_t k = 0; k < summed.size(); ++k) {
      INFO("result " << k << " in dtype " << int(dtype));
      CHECK(distance(summed[k], passed[k]) < limit);
    }
  };
  check_in(DType::f32, 1e-5);
#ifndef SSD_CUDA_BUILD  // kernels compiled by nvcc have no f64
  check_in(DType::f64, 1e-12);
#endif
}

TEST_CASE("conv_with_sums: sums where there is a plan for pixels, nothing elsewhere") {
  for (int images : {0, 2})
    for (bool summing : {true, false}) {
      Bench bench;
      Context plain = bench.context(), c = summing ? with_summing_plans(plain) : plain;
      Tensor x = c.empty({4, {images, 2, 2, 1}}, DType::f32),
             w = c.empty({4, {1, 1, 1, 1}}, x.dtype());
      Values pixels = images ? Values{1, 2, 3, 4, -1, -2, -3, 0.5} : Values{};
      write(x, pixels);
      write(w, {2});
      ChannelSums sums{.sum = w, .sum_of_squares = w};  // what lay there before must not stay
      Tensor y = conv_with_sums(c, x, w, {}, sums);
      for (double& v : pixels) v *= 2;
      CHECK(read(y) == pixels);
      REQUIRE(bool(sums.sum) == (images && summing));
      if (!sums.sum) continue;
      CHECK(read(sums.sum) == Values{9});
      CHECK(read(sums.sum_of_squares) == Values{177});
    }
}

TEST_CASE("conv_with_sums: a constant channel far from zero has no negative variance") {
  for (double v = 1000; v < 1010; v += 0.37) {
    Bench bench;
    Context c = with_summing_plans(bench.context());
    auto filled = [&](Shape shape, double value) {
      Tensor t = c.empty(shape, DType::f32);
      write(t, Values(size_t(shape.size()), value));
      return t;
    };
    const Shape one{1, {1}};
    Tensor moving = filled(one, 1);
    ChannelSums sums;
    Tensor y =
        conv_with_sums(c, filled({4, {2, 9, 9, 1}}, v), filled({4, {1, 1, 1, 1}}, 1), {}, sums);
    y = batch_norm(c, y, {filled(one, 1), filled(one, 0), filled(one, 0), moving},
                   {.epsilon = 1e-6, .decay = 0.5}, {}, sums);
    for (double out : read(y)) REQUIRE(std::isfinite(out));
    CHECK(read(moving)[0] >= 0.5);
  }
}

TEST_CASE("conv_with_sums: refuses an activation") {
  Bench bench;
  Context c = bench.context();
  Tensor x = c.empty({4, {1, 2, 2, 1}}, DType::f32), w = c.empty({4, {1, 1, 1, 1}}, DType::f32);
  ChannelSums sums;
  CHECK_THROWS_AS(conv_with_sums(c, x, w, {.activation = Activation::relu}, sums), base::Error);
}
