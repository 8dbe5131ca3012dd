#include "kernels/adamw.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"
#include "tests/support/engine/op_case.h"

using namespace tests;
using kernels::AdamWOptions, kernels::OptimizerState, kernels::UpdateOptions;

namespace {

constexpr int64_t kWeights = 20001, kDecayed = 12000;  // two chunks of the gradient's norm

Values drawn(int seed, double limit) {
  std::mt19937 random(unsigned(seed) + 1);
  return uniform(random, size_t(kWeights), -limit, limit);
}

struct Weights {  // on the device
  Bench bench;
  Context c = bench.context();
  Tensor weight, gradient, first, second, average, scratch, state_memory, working;
  OptimizerState state;

  Weights(const std::string& device, DType master) : bench(Bench::of_separate_pieces(device)) {
    const auto zeros = [&] {
      Tensor t = c.empty({1, {kWeights}}, master);
      write(t, Values(size_t(kWeights), 0));
      return t;
    };
    weight = zeros(), gradient = zeros(), first = zeros(), second = zeros(), average = zeros();
    scratch = c.empty({1, {kernels::update_scratch(kWeights)}}, master);
    state_memory = c.empty({1, {sizeof state}}, DType::u8);
    working = c.empty({1, {kDecayed}}, DType::bf16);
    write(weight, drawn(-1, 1));
    write(average, drawn(-1, 1));
  }

  void update(const UpdateOptions& o, const AdamWOptions& rule) {
    OptimizerState* there = View(state_memory).as<OptimizerState>();
    bench.backend->copy(there, &state, sizeof state, bench.queue());
    kernels::adamw(bench.queue(),
                   {.weight = weight,
                    .gradient = gradient,
                    .working = working,
                    .average = average,
                    .scratch = scratch,
                    .state = there,
                    .decayed = kDecayed},
                   first, second, o, rule);
    bench.backend->copy(&state, there, sizeof state, bench.queue());
    bench.backend->synchronize(bench.queue());
  }
};

// The algorithm of the paper (lines 6 to 12 of its algorithm 2), with the rate and the decay
// multiplied as PyTorch does. One weight at a time, in f64.
struct Naive {
  Values w = drawn(-1, 1), m = Values(size_t(kWeights), 0), v = m, average = w;
  int t = 0;

  void update(Values g, double rate, const UpdateOptions& o, const AdamWOptions& rule) {
    double squares = 0;
    for (double x : g) squares += x * x;
    const double norm = std::sqrt(squares);
    const double clip = o.clip_norm > 0 && norm > o.clip_norm ? o.clip_norm / norm : 1;
    ++t;
    for (size_t i = 0; i < w.size(); ++i) {
      if (int64_t(i) < kDecayed) w[i] -= rate * rule.weight_decay * w[i];
      m[i] = rule.beta1 * m[i] + (1 - rule.beta1) * g[i] * clip;
      v[i] = rule.beta2 * v[i] + (1 - rule.beta2) * g[i] * clip * g[i] * clip;
      const double mean = m[i] / (1 - std::pow(rule.beta1, t));
      const double square = v[i] / (1 - std::pow(rule.beta2, t));
      w[i] -= rate * mean / (std::sqrt(square) + rule.epsilon);
      average[i] = o.average_decay * average[i] + (1 - o.average_decay) * w[i];
    }
  }
};

Values scaled(Values values, double factor) {
  for (double& x : values) x *= factor;
  return values;
}

}  // namespace

TEST_CASE("adamw: many updates against the formula, with overflows among them") {
  const std::string device = GENERATE(from_range(devices()));
#ifdef SSD_CUDA_BUILD
  const DType master = DType::f32;
#else
  const DType master = GENERATE(DType::f32, DType::f64);
#endif
  const AdamWOptions rule = GENERATE(
      AdamWOptions{}, AdamWOptions{.beta1 = 0.8, .beta2 = 0.9, .epsilon = 0.1, .weight_decay = 2});
  const double clip = GENERATE(0.0, 20.0);
  UpdateOptions options{.schedule = {.kind = kernels::Schedule::Kind::cosine,
                                     .base_rate = 0.02,
                                     .warmup_rate = 0.001,
                                     .warmup_steps = 10,
                                     .total_steps = 120},
                        .clip_norm = clip,
                        .average_decay = 0.9,
                        .divisor = 2};
  Weights weights(device, master);
  weights.state.loss_scale = 8;
  Naive naive;
  for (int i = 0; i < 110; ++i) {
    Values gradient = drawn(i, i % 3 ? 0.5 : 0.01);
    Values given = scaled(gradient, weights.state.loss_scale * options.divisor);
    const bool overflow = i % 11 == 5 || i == 0;  // also before the first update
    if (overflow) given[size_t(i * 150)] = double(INFINITY);
    write(weights.gradient, given);
    weights.update(options, rule);
    if (!overflow) naive.update(gradient, options.schedule.at(naive.t), options, rule);
  }
  CHECK(weights.state.step == naive.t);
  CHECK(weights.state.skipped == 110 - naive.t);
  const double limit = master == DType::f64 ? 1e-12 : 1e-5;
  CHECK(distance(read(weights.weight), naive.w) < limit);
  CHECK(distance(read(weights.first), naive.m) < limit);
  CHECK(distance(read(weights.second), naive.v) < limit);
  CHECK(distance(read(weights.average), naive.average) < limit);
  const Values kernels_only(naive.w.begin(), naive.w.begin() + kDecayed);
  CHECK(distance(read(weights.working), kernels_only) < 1.0 / 256);
}

TEST_CASE("adamw: a gradient that is not finite leaves every bit as it was") {
  const std::string device = GENERATE(from_range(devices()));
  Weights w(device, DType::f32);
  write(w.gradient, drawn(0, 1));
  const UpdateOptions options{
      .schedule = {.base_rate = 0.01}, .average_decay = 0.9, .loss_scale = {.dynamic = true}};
  w.state.loss_scale = 4;
  w.update(options, {});
  const auto all = [&] {
    return std::vector<Values>{read(w.weight), read(w.first), read(w.second), read(w.average),
                               read(w.working)};
  };
  const std::vector<Values> before = all();
  for (float bad : {INFINITY, -INFINITY, NAN}) {
    Values gradient = drawn(1, 1);
    gradient[size_t(kWeights - 1)] = double(bad);
    write(w.gradient, gradient);
    w.update(options, {});
    CHECK((all() == before));
  }
  CHECK(w.state.step == 1);
  CHECK(w.state.skipped == 3);
  CHECK(w.state.loss_scale == 1);
}
