#include <algorithm>
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/naive_conv.h"
#include "tests/support/engine/single_ops.h"

using namespace tests;
using engine::Activation;
using engine::BatchNormOptions;

namespace {

enum Place { kX, kGamma, kBeta, kMean, kVariance, kResidual };

struct Moments {
  Values mean, variance;
};

Moments moments_of(const Values& x, size_t channels) {
  Moments m{Values(channels, 0.0), Values(channels, 0.0)};
  double n = double(x.size() / channels);
  for (size_t i = 0; i < x.size(); ++i) m.mean[i % channels] += x[i] / n;
  for (size_t i = 0; i < x.size(); ++i)
    m.variance[i % channels] += std::pow(x[i] - m.mean[i % channels], 2) / n;
  return m;
}

Values reference(const std::vector<Values>& in, const BatchNormOptions& options,
                 bool training = true) {
  size_t channels = in[kGamma].size();
  Moments m = training ? moments_of(in[kX], channels) : Moments{in[kMean], in[kVariance]};
  Values y = in[kX];
  for (size_t i = 0; i < y.size(); ++i) {
    size_t c = i % channels;
    double v = in[kGamma][c] * (y[i] - m.mean[c]) / std::sqrt(m.variance[c] + options.epsilon) +
               in[kBeta][c];
    y[i] = activated(options.activation, v + (in.size() > kResidual ? in[kResidual][i] : 0));
  }
  return y;
}

Tensor run(Context c, const std::vector<Tensor>& in, const BatchNormOptions& options,
           bool training = true) {
  c.training = training;
  return batch_norm(c, in[kX], {in[kGamma], in[kBeta], in[kMean], in[kVariance]}, options,
                    in.size() > kResidual ? in[kResidual] : Tensor());
}

struct Case {
  Shape x;
  BatchNormOptions options;
  bool residual = false;
  double mean = 0;
  bool gradients = true, training = true;
};

OpCase op_case(const Case& t) {
  Shape channels{1, {t.x[t.x.rank - 1]}};
  auto parameter = [&](double low, double high, bool learnt) {
    return Input{.shape = channels,
                 .low = low,
                 .high = high,
                 .differentiable = learnt && t.gradients,
                 .accumulator_dtype = true};
  };
  OpCase op{
      .name = "batch_norm",
      .inputs =
          {{.shape = t.x, .low = t.mean - 1.7, .high = t.mean + 1.7, .differentiable = t.gradients},
           parameter(0.5, 2, true),
           parameter(-1, 1, true),
           parameter(-0.5, 0.5, false),
           parameter(0.5, 2, false)},
      .run = [t](const Context& c, const auto& in) { return run(c, in, t.options, t.training); },
      .reference = [t](const auto& in) { return reference(in, t.options, t.training); },
      .summation_length = std::max(1.0, double(t.x.size()) / double(channels[0])),
  };
  if (t.residual) op.inputs.push_back({.shape = t.x, .differentiable = t.gradients});
  return op;
}

}  // namespace

TEST_CASE("batch_norm: every activation, with and without residual, in training and evaluation") {
  for (Activation activation : {Activation::none, Activation::relu, Activation::relu6})
    for (bool residual : {false, true})
      for (bool training : {true, false})
        check(op_case({.x = {4, {3, 5, 7, 6}},
                       .options = {.activation = activation},
                       .residual = residual,
                       .training = training}));
}

TEST_CASE("batch_norm: one channel, many channels, many chunks, one pixel, none") {
  for (Shape shape : {Shape{4, {2, 3, 3, 1}}, Shape{2, {70, 1030}}, Shape{4, {2, 101, 97, 3}},
                      Shape{4, {1, 1, 1, 5}}, Shape{4, {0, 4, 4, 5}}})
    check(op_case({.x = shape, .options = {.activation = Activation::relu}, .residual = true}));
}

TEST_CASE("batch_norm: gradients made in place equal those beside") {
  for (bool residual : {false, true})
    for (Activation activation : {Activation::none, Activation::relu}) {
      Case t{.x = {4, {3, 5, 7, 6}}, .options = {.activation = activation}, .residual = residual};
      OpCase op = op_case(t);
      op.run = [t](const Context& c, const auto& in) { return relu6(c, run(c, in, t.options)); };
      op.reference = [t](const auto& in) {
        Values y = reference(in, t.options);
        for (double& v : y) v = activated(Activation::relu6, v);
        return y;
      };
      check(op);
    }
}

namespace {

// Values, and a parameter for each of its channels, that bring the output to the kinks of its
// activation: exactly, by rounding to a half type, and by numbers too small for one.
constexpr int64_t kKinks = 8;
const Values kKinkGamma{0, 0, 1, 1e-3, 1e-3, 1e-7, 1e-38, 1e-40};
const Values kKinkBeta{0, 6, 2, 0, 6, 0, 0, 0};

struct Gradients {
  Values y, dx, dgamma, dbeta;
  bool operator==(const Gradients&) const = default;
};

// The gradients of activation(batch_norm(x)), by one op or by two.
Gradients kink_gradients(Bench& bench, DType dtype, Activation activation, bool one_op,
                         bool training) {
  engine::Tape tape;
  Context c = bench.context(&tape, training);
  const Shape shape{2, {3001, kKinks}}, channels{1, {kKinks}};
  std::mt19937 random(7);
  auto tensor = [&](const Shape& s, DType t, const Values& values) {
    Tensor made = c.empty(s, t);
    write(made, values);
    return made;
  };
  const DType sums = engine::accumulator(dtype);
  const Values zeros(size_t(kKinks), 0.0), ones(size_t(kKinks), 1.0);
  std::vector<Tensor> in{tensor(shape, dtype, uniform(random, size_t(shape.size()), -3, 5))};
  for (const Values& v : {kKinkGamma, kKinkBeta, zeros, ones})
    in.push_back(tensor(channels, sums, v));
  Tensor dx = tensor(shape, dtype, Values(size_t(shape.size()), 0.0)),
         dgamma = tensor(channels, sums, zeros), dbeta = tensor(channels, sums, zeros);
  const Tensor dy = tensor(shape, dtype, uniform(random, size_t(shape.size()), -1, 1));
  tape.watch(in[kX], dx);
  tape.watch(in[kGamma], dgamma);
  tape.watch(in[kBeta], dbeta);
  Tensor y = run(c, in, {.activation = one_op ? activation : Activation::none}, training);
  if (!one_op) y = activation == Activation::relu ? relu(c, y) : relu6(c, y);
  tape.backward(c, y, dy);
  return {read(y), read(dx), read(dgamma), read(dbeta)};
}

}  // namespace

TEST_CASE("batch_norm: the mask found anew from x has the bits of the saved output's") {
  Bench bench(GENERATE(from_range(devices())));
  std::vector<DType> dtypes{DType::f32, DType::f16, DType::bf16};
  if (!bench.queue().gpu) dtypes.push_back(DType::f64);
  for (DType dtype : dtypes)
    for (Activation activation : {Activation::relu, Activation::relu6})
      for (bool training : {true, false}) {
        const Gradients one = kink_gradients(bench, dtype, activation, true, training);
        INFO(kernels::name_of(dtype) << (training ? ", training" : ", evaluation"));
        CHECK(one == kink_gradients(bench, dtype, activation, false, training));
      }
}

TEST_CASE("batch_norm: a mean far from zero costs no digits") {
  check(op_case({.x = {4, {4, 33, 35, 6}}, .options = {}, .mean = 1000, .gradients = false}));
}

TEST_CASE("batch_norm: a constant channel but for its very first value") {
  Bench bench(GENERATE(from_range(devices())));
  Context c = bench.context();
  Shape shape{4, {8, 80, 80, 1}};
  Values x(size_t(shape.size()), 5.0);
  x[0] = 3;
  std::vector<Tensor> in{c.empty(shape, DType::f32)};
  write(in[0], x);
  for (double v : {1.0, 0.0, 0.0, 1.0}) {
    in.push_back(c.empty({1, {1}}, DType::f32));
    write(in.back(), {v});
  }
  BatchNormOptions options{.epsilon = 1e-9};
  Values y = read(run(c, in, options));
  CHECK(distance(y, reference({x, {1}, {0}, {0}, {1}}, options)) < 1e-4);
}

TEST_CASE("batch_norm: moving statistics step towards the batch, the variance unbiased") {
  Bench bench(GENERATE(from_range(devices())));
  for (int64_t pixels : {1, 2, 30}) {
    Context c = bench.context();
    std::mt19937 random(1);
    std::vector<Tensor> in{c.empty({4, {pixels, 1, 1, 3}}, DType::f32)};
    write(in[0], uniform(random, size_t(pixels * 3), 2, 4));
    for (double v : {1.0, 0.0, 0.5, 2.0}) {
      in.push_back(c.empty({1, {3}}, DType::f32));
      write(in.back(), Values(3, v));
    }
    BatchNormOptions options{.decay = 0.9};
    Moments m = moments_of(read(in[0]), 3);
    SECTION("evaluation leaves them alone, " + std::to_string(pixels)) {
      run(c, in, options, false);
      CHECK(read(in[kMean]) == Values(3, 0.5));
      CHECK(read(in[kVariance]) == Values(3, 2.0));
    }
    SECTION("training, " + std::to_string(pixels)) {
      run(c, in, options);
      for (size_t k = 0; k < 3; ++k) {
        double bessel = pixels > 1 ? double(pixels) / double(pixels - 1) : 1;
        CHECK(read(in[kMean])[k] == Approx(0.5 + 0.1 * (m.mean[k] - 0.5)));
        CHECK(read(in[kVariance])[k] == Approx(2 + 0.1 * (bessel * m.variance[k] - 2)));
      }
    }
  }
}

TEST_CASE("batch_norm: an empty batch moves nothing and has zero gradients") {
  Bench bench(GENERATE(from_range(devices())));
  engine::Tape tape;
  Context c = bench.context(&tape);
  write(c.empty({1, {4096}}, DType::f32), Values(4096, NAN));  // what memory may hold
  std::vector<Tensor> in{c.empty({4, {0, 3, 3, 2}}, DType::f32)};
  for (double v : {1.0, 0.0, 0.5, 2.0}) {
    in.push_back(c.empty({1, {2}}, DType::f32));
    write(in.back(), Values(2, v));
  }
  Tensor grad = c.empty({1, {2}}, DType::f32);
  write(grad, {0, 0});
  tape.watch(in[kGamma], grad);
  Tensor y = run(c, in, {});
  tape.backward(c, y, c.empty(y.shape(), DType::f32));
  CHECK(read(in[kMean]) == Values(2, 0.5));
  CHECK(read(in[kVariance]) == Values(2, 2.0));
  CHECK(read(grad) == Values(2, 0.0));
}

TEST_CASE("batch_norm: results do not depend on the number of threads") {
  Bench bench;
  std::mt19937 random(1);
  Shape shape{4, {2, 61, 67, 17}};
  Context c = bench.context();
  Tensor x = c.empty(shape, DType::f32), dy = c.empty(shape, DType::f32);
  write(x, uniform(random, size_t(shape.size()), 0, 1));
  write(dy, uniform(random, size_t(shape.size()), -1, 1));
  std::vector<std::vector<Values>> results;
  for (int threads : {1, 2, 3, 5}) {
    engine::Tape tape;
    Context now = bench.context(&tape);
    now.queue.threads = threads;
    std::vector<Tensor> in{x};
    for (double v : {1.0, 0.0, 0.5, 2.0}) {
      in.push_back(c.empty({1, {17}}, DType::f32));
      write(in.back(), Values(17, v));
    }
    Tensor dx = c.empty(shape, DType::f32), dgamma = c.empty({1, {17}}, DType::f32);
    write(dx, Values(size_t(shape.size()), 0.0));
    write(dgamma, Values(17, 0.0));
    tape.watch(x, dx);
    tape.watch(in[kGamma], dgamma);
    Tensor y = run(now, in, {.activation = Activation::relu});
    tape.backward(now, y, dy);
    results.push_back({read(y), read(dx), read(dgamma), read(in[kMean]), read(in[kVariance])});
    CHECK(results.back() == results.front());
  }
}

TEST_CASE("batch_norm: refuses parameters of another size or dtype") {
  Bench bench;
  Context c = bench.context();
  Tensor x = c.empty({2, {4, 3}}, DType::bf16), good = c.empty({1, {3}}, DType::f32);
  CHECK_THROWS(batch_norm(c, x, {good, good, good, c.empty({1, {2}}, DType::f32)}, {}));
  CHECK_THROWS(batch_norm(c, x, {c.empty({1, {3}}, DType::bf16), good, good, good}, {}));
  CHECK_THROWS(batch_norm(c, x, {good, good, good, good}, {}, c.empty({2, {3, 4}}, DType::bf16)));
}
