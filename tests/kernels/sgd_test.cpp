#include "kernels/sgd.h"
#include "tests/support/catch.h"

#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "tests/support/engine/op_case.h"

using namespace tests;
using kernels::LossScaleOptions, kernels::OptimizerState, kernels::SgdOptions,
    kernels::UpdateOptions;

namespace {

struct Problem {  // flat buffers of n values, the first `decayed` with L2
  Bench bench;
  Context c = bench.context();
  int64_t n, decayed;
  Tensor weight, gradient, momentum, working, average, scratch, state_memory;
  OptimizerState state;  // copied to the device before the update, and back after it
  Values w, g, m, a;

  Problem(const std::string& device, int64_t n, int64_t decayed, DType master, bool with_working)
      : bench(Bench::of_separate_pieces(device)), n(n), decayed(decayed) {
    auto room = [&](int64_t k, DType t) { return c.empty({1, {k}}, t); };
    std::mt19937 random(n);
    weight = room(n, master), gradient = room(n, master), momentum = room(n, master);
    average = room(n, master), scratch = room(kernels::update_scratch(n), master);
    state_memory = room(sizeof state, DType::u8);
    if (with_working) working = room(decayed, DType::bf16);
    write(weight, uniform(random, size_t(n), -1, 1));
    write(gradient, uniform(random, size_t(n), -1, 1));
    write(momentum, uniform(random, size_t(n), -1, 1));
    write(average, uniform(random, size_t(n), -1, 1));
    w = read(weight), g = read(gradient), m = read(momentum), a = read(average);
  }

  void run(const UpdateOptions& o, const SgdOptions& rule = {}) {
    OptimizerState* there = View(state_memory).as<OptimizerState>();
    bench.backend->copy(there, &state, sizeof state, bench.queue());
    kernels::sgd(bench.queue(),
                 {.weight = weight,
                  .gradient = gradient,
                  .working = working,
                  .average = average,
                  .scratch = scratch,
                  .state = there,
                  .decayed = decayed},
                 momentum, o, rule);
    bench.backend->copy(&state, there, sizeof state, bench.queue());
    bench.backend->synchronize(bench.queue());
  }

  void expect(const UpdateOptions& o, const SgdOptions& rule, double rate, double loss_scale) {
    Values grad(w.size());
    double squares = 0;
    for (size_t i = 0; i < grad.size(); ++i) {
      grad[i] =
          g[i] / (loss_scale * o.divisor) + (int64_t(i) < decayed ? rule.weight_decay * w[i] : 0);
      squares += grad[i] * grad[i];
    }
    double clip = o.clip_norm > 0 ? o.clip_norm / std::max(o.clip_norm, std::sqrt(squares)) : 1;
    for (size_t i = 0; i < grad.size(); ++i) {
      m[i] = rule.momentum * m[i] + clip * grad[i];
      w[i] -= rate * m[i];
      a[i] = o.average_decay * a[i] + (1 - o.average_decay) * w[i];
    }
    double limit = weight.dtype() == DType::f64 ? 1e-12 : 1e-5;
    CHECK(distance(read(weight), w) < limit);
    CHECK(distance(read(momentum), m) < limit);
    CHECK(distance(read(average), a) < limit);
    if (o.clip_norm > 0) CHECK(state.gradient_norm == Approx(std::sqrt(squares)).epsilon(1e-5));
    if (working) CHECK(distance(read(working), Values(w.begin(), w.begin() + decayed)) < 1.0 / 256);
  }
};

}  // namespace

TEST_CASE("sgd: one update against the formula") {
  const std::string device = GENERATE(from_range(devices()));
  const SgdOptions rule{.weight_decay = 0.01};
  UpdateOptions options{.schedule = {.base_rate = 0.3}, .average_decay = 0.9, .divisor = 2};
  for (double clip : {0.0, 0.5, 1e6})
    for (auto [n, decayed] :
         {std::pair<int64_t, int64_t>{1, 1}, {100, 0}, {70001, 50000}, {33000, 33000}}) {
      options.clip_norm = clip;
#ifndef SSD_CUDA_BUILD
      Problem exact(device, n, decayed, DType::f64, false);
      exact.state.loss_scale = 8;
      exact.run(options, rule);
      exact.expect(options, rule, 0.3, 8);
#endif
      Problem mixed(device, n, decayed, DType::f32, decayed > 0);
      mixed.state.loss_scale = 8;
      mixed.run(options, rule);
      mixed.expect(options, rule, 0.3, 8);
      CHECK(mixed.state.step == 1);
      CHECK(mixed.state.learning_rate == 0.3);
    }
}

TEST_CASE("sgd: a gradient that is not finite leaves every bit as it was") {
  const std::string device = GENERATE(from_range(devices()));
  const float bad[] = {INFINITY, -INFINITY, NAN};
  for (float value : bad)
    for (int64_t at : {0, 16384, 39999}) {
      Problem p(device, 40000, 30000, DType::f32, false);
      Values gradient = p.g;
      gradient[size_t(at)] = double(value);
      write(p.gradient, gradient);
      p.state.loss_scale = 32768;
      p.run({.schedule = {.base_rate = 0.3},
             .clip_norm = at ? 1.0 : 0.0,
             .average_decay = 0.9,
             .loss_scale = {.dynamic = true}},
            {.weight_decay = 0.01});
      CHECK(read(p.weight) == p.w);
      CHECK(read(p.momentum) == p.m);
      CHECK(read(p.average) == p.a);
      CHECK(p.state.step == 0);
      CHECK(p.state.skipped == 1);
      CHECK(p.state.loss_scale == 16384);
    }
}

TEST_CASE("sgd: huge but finite gradients are not mistaken for overflow") {
  const std::string device = GENERATE(from_range(devices()));
  Problem p(device, 5, 0, DType::f32, false);
  write(p.gradient, Values(5, 1e30));
  p.run({.schedule = {.base_rate = 1e-30}});
  CHECK(p.state.step == 1);
}

namespace {

// Loss scaling as the three systems write it, a step at a time. TensorFlow's DynamicLossScale and
// torch's GradScaler lower the scale at every overflow; Megatron's DynamicGradScaler has a tracker
// that starts at `hysteresis`, falls with every overflow and is set back when the scale grows.
struct Scaler {
  double scale;
  LossScaleOptions rule;
  int growth_tracker = 0, hysteresis_tracker = rule.hysteresis;

  void update(bool found_inf) {
    if (found_inf) {
      growth_tracker = 0;
      if (--hysteresis_tracker <= 0) scale = std::max(scale / rule.growth, rule.min);
    } else if (++growth_tracker == rule.interval) {
      growth_tracker = 0;
      hysteresis_tracker = rule.hysteresis;
      if (scale * rule.growth <= rule.max) scale *= rule.growth;
    }
  }
};

}  // namespace

TEST_CASE("loss scale: the state machine against its definition, over random overflows") {
  const Scaler rules[] = {
      {0x1p15, {.growth = 2, .interval = 2000, .min = 1, .dynamic = true}},  // TensorFlow
      {0x1p16,  // torch has no least scale, and a greatest one by overflow of its float only
       {.growth = 2, .interval = 2000, .min = 1e-300, .max = 3.4e38, .dynamic = true}},
      {0x1p32,
       {.growth = 2, .interval = 1000, .hysteresis = 2, .min = 1, .dynamic = true}},  // Megatron
      {1024, {.growth = 4, .interval = 7, .min = 1, .max = 65536, .dynamic = true}},
      {1024,
       {.growth = 4, .interval = 7, .hysteresis = 5, .min = 1, .max = 65536, .dynamic = true}}};
  std::mt19937 random(3);
  for (const Scaler& rule : rules)
    for (double overflow : {0.0, 0.0005, 0.05, 0.9}) {
      Scaler scaler = rule;
      OptimizerState s{.loss_scale = scaler.scale};
      int64_t applied = 0, skipped = 0;
      std::bernoulli_distribution overflows(overflow);
      for (int i = 0; i < 100000; ++i) {
        const bool found_inf = overflows(random);
        s.finite = !found_inf;
        kernels::advance(s, scaler.rule);
        scaler.update(found_inf);
        ++(found_inf ? skipped : applied);
        REQUIRE(s.loss_scale == scaler.scale);
        REQUIRE(scaler.scale >= scaler.rule.min);
        REQUIRE(scaler.scale <= std::max(scaler.rule.max, rule.scale));
      }
      CHECK(s.step == applied);
      CHECK(s.skipped == skipped);
    }
}

TEST_CASE("loss scale: with hysteresis 2 the first overflow after a growth leaves the scale") {
  const LossScaleOptions rule{.interval = 3, .hysteresis = 2, .dynamic = true};
  OptimizerState s{.loss_scale = 64};
  const auto after = [&](std::initializer_list<int> finite) {
    for (int f : finite) s.finite = f, kernels::advance(s, rule);
    return s.loss_scale;
  };
  CHECK(after({0}) == 64);
  CHECK(after({1, 0}) == 32);  // not in a row, but the scale has not grown in between
  CHECK(after({0}) == 16);
  CHECK(after({1, 1, 1}) == 32);
  CHECK(after({0}) == 32);
  CHECK(after({0}) == 16);
}
