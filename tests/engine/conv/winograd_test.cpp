// Winograd's convolution against the plain loops in f64.
#include "engine/conv/winograd.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/conv/winograd_lanes.h"
#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"

using namespace engine;
using namespace tests;

namespace {

ConvShape same_conv(int images, int height, int width, int in, int out, ConvPass pass,
                    DType dtype = DType::f32) {
  return {{.images = images,
           .height = height,
           .width = width,
           .in_channels = in,
           .out_channels = out,
           .kernel = 3,
           .pad = {1, 1, 1, 1}},
          pass,
          dtype};
}

std::unique_ptr<ConvPlan> make(const ConvShape& s) {
  return make_winograd_conv(s, std::make_shared<WinogradWeights>());
}

bool absent() { return !make(same_conv(1, 8, 8, 16, 16, ConvPass::forward)); }

View ConvArgs::*result_of(const ConvShape& s) {
  if (s.pass == ConvPass::forward) return &ConvArgs::y;
  return s.pass == ConvPass::grad_input ? &ConvArgs::x : &ConvArgs::weight;
}

Values result(ConvRun& run, const ConvShape& s, ConvPlan& plan) {
  return run.run(plan)[run.index(result_of(s))];
}

double rounded(DType dtype, double v) {
  return dtype == DType::bf16 ? float(kernels::bf16(float(v))) : float(v);
}

// The plain loops in f64 on the values that the operands have after rounding.
Values in_double(ConvRun& run, const ConvShape& s) {
  ConvShape in_f64 = s;
  in_f64.dtype = DType::f64;
  ConvRun exact(in_f64);
  for (const ConvOperand& o : conv_operands(s)) {
    if (!o.read) continue;
    Values& values = exact.input(o.view) = run.input(o.view);
    for (double& v : values) v = rounded(o.dtype, v);
  }
  return result(exact, in_f64, *make_plain_loops(in_f64));
}

double error_of(const ConvShape& s) {
  ConvRun run(s);
  const Values expected = in_double(run, s), got = result(run, s, *make(s));
  double largest = 0, error = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::fabs(expected[i]));
    error = std::max(error, std::fabs(got[i] - expected[i]));
    if (std::isnan(got[i])) return got[i];
  }
  return error / largest;
}

// Only a result that is kept in bf16 is rounded to it.
double limit_of(const ConvShape& s) {
  return rounding_limit(s.pass == ConvPass::grad_weight ? DType::f32 : s.dtype);
}

const std::vector<ConvPass> kPasses{ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight};
const std::vector<DType> kDTypes{DType::f32, DType::bf16};

}  // namespace

TEST_CASE("Winograd: maps of every kind stay within the limit of one op") {
  if (absent()) return;
  struct Map {
    int images, height, width, in, out;
  };
  for (const Map& m : std::vector<Map>{{1, 40, 40, 64, 70},
                                       {3, 20, 20, 33, 16},
                                       {3, 10, 10, 128, 546},
                                       {1, 5, 5, 256, 24},
                                       {3, 3, 3, 17, 64},
                                       {3, 7, 9, 5, 1},
                                       {1, 1, 1, 600, 3},
                                       {2, 4, 8, 1, 31}})
    for (ConvPass pass : kPasses)
      for (DType dtype : kDTypes) {
        const ConvShape s = same_conv(m.images, m.height, m.width, m.in, m.out, pass, dtype);
        INFO(describe(s));
        CHECK(error_of(s) < limit_of(s));
      }
}

TEST_CASE("Winograd: bias, residual and activation are part of it") {
  if (absent()) return;
  int made = 0;
  for (DType dtype : kDTypes)
    for (const ConvShape& s : fused(same_conv(2, 9, 6, 20, 18, ConvPass::forward, dtype))) {
      INFO(describe(s));
      CHECK(bool(make(s)) == !s.forward.statistics);
      if (!make(s)) continue;
      CHECK(error_of(s) < limit_of(s));
      ++made;
    }
  CHECK(made == 24);
}

TEST_CASE("Winograd: other shapes and fusions are refused") {
  ConvShape s = same_conv(1, 8, 8, 16, 16, ConvPass::forward);
  const auto refused = [&](auto change) {
    ConvShape other = s;
    change(other);
    return !make(other);
  };
  CHECK(refused([](ConvShape& o) { o.kernel = 5; }));
  CHECK(refused([](ConvShape& o) { o.stride = 2; }));
  CHECK(refused([](ConvShape& o) { o.pad.left = 0; }));
  CHECK(refused([](ConvShape& o) { o.dtype = DType::f16; }));
  CHECK(refused([](ConvShape& o) { o.dtype = DType::f64; }));
  CHECK(refused([](ConvShape& o) { o.forward.statistics = true; }));
  s.pass = ConvPass::grad_input;
  CHECK(refused([](ConvShape& o) { o.grad_input.accumulate = true; }));
  CHECK(refused([](ConvShape& o) { o.grad_input.mask = Activation::relu; }));
  s.pass = ConvPass::grad_weight;
  CHECK(refused([](ConvShape& o) { o.grad_weight.accumulate = true; }));
  CHECK(refused([](ConvShape& o) { o.grad_weight.narrow_dw = true; }));
}

TEST_CASE("Winograd: the bits depend neither on the run nor on the threads") {
  if (absent()) return;
  const int threads = omp_get_max_threads();
  for (ConvPass pass : kPasses)
    for (DType dtype : kDTypes) {
      const ConvShape s = same_conv(3, 13, 11, 70, 65, pass, dtype);
      ConvRun run(s);
      const Values once = result(run, s, *make(s));
      CHECK((once == result(run, s, *make(s))));
      for (int other : {1, 3, 7}) {
        omp_set_num_threads(other);
        CHECK((once == result(run, s, *make(s))));
      }
      omp_set_num_threads(threads);
    }
}

TEST_CASE("Winograd: bf16 is rounded as the kernels round it") {
  using namespace winograd;
  for (uint32_t low : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu})
    for (uint32_t high = 0; high < 1u << 16; high += kLanes) {
      Lanes values, back;
      for (int i = 0; i < kLanes; ++i) {
        const uint32_t bits = (high + i) << 16 | low;
        float value;
        std::memcpy(&value, &bits, sizeof value);
        values[i] = value;
      }
      bf16 stored[kLanes];
      store(values, kLanes, stored);
      load(stored, kLanes, back);
      for (int i = 0; i < kLanes; ++i) {
        const bf16 expected(values[i]);
        const float lane = back[i], as_float = expected;
        REQUIRE(stored[i].bits == expected.bits);
        REQUIRE(std::memcmp(&lane, &as_float, sizeof lane) == 0);
      }
    }
}

TEST_CASE("Winograd: an image has the same bits in every batch and place") {
  if (absent()) return;
  for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input})
    for (int side : {4, 10, 21}) {
      const ConvShape one = same_conv(1, side, side, 130, 512, pass);
      ConvShape many = one;
      many.images = 5;
      ConvRun single(one), batch(many);
      View ConvArgs::*in = pass == ConvPass::forward ? &ConvArgs::x : &ConvArgs::y;
      batch.input(&ConvArgs::weight) = single.input(&ConvArgs::weight);
      const Values image = single.input(in);
      for (int place : {0, 3, 4})
        std::copy(image.begin(), image.end(), batch.input(in).begin() + place * image.size());
      const Values expected = result(single, one, *make(one));
      const Values got = result(batch, many, *make(many));
      for (int place : {0, 3, 4})
        CHECK(std::equal(expected.begin(), expected.end(), got.begin() + place * expected.size()));
    }
}

TEST_CASE("Winograd: kept weights are transformed anew when their version changes") {
  WinogradWeights kept;
  int fills = 0;
  const auto fill = [&](float* to) { *to = float(++fills); };
  const Tensor::Id id;
  CHECK(*kept.at(ConvPass::forward, id, 1, 1, fill) == 1);
  CHECK(*kept.at(ConvPass::forward, id, 1, 1, fill) == 1);
  CHECK(*kept.at(ConvPass::grad_input, id, 1, 1, fill) == 2);
  CHECK(*kept.at(ConvPass::forward, id, 2, 1, fill) == 3);
  CHECK_THROWS(kept.at(ConvPass::forward, id, 2, 2, fill));  // two weights with one identity
}

TEST_CASE("Winograd: a plan keeps as many bytes of a weight as it says") {
  if (absent()) return;
  const ConvShape s = same_conv(1, 8, 8, 16, 24, ConvPass::forward);
  const auto weights = std::make_shared<WinogradWeights>();
  const auto plan = make_winograd_conv(s, weights);
  std::vector<float> x(s.x_shape().size()), w(24 * 9 * 16), y(s.y_shape().size());
  std::vector<char> workspace(plan->workspace());
  const Tensor::Id id;
  plan->run({}, {.x = {x.data(), s.dtype, s.x_shape()},
                 .weight = {w.data(), s.dtype, {4, {24, 3, 3, 16}}},
                 .y = {y.data(), s.dtype, s.y_shape()},
                 .workspace = workspace.data(),
                 .weight_id = id,
                 .weight_version = 5});
  const KeptWeights said = plan->kept_weights();
  CHECK(said.shared == weights.get());
  bool filled = false;
  weights->at(s.pass, id, 5, said.bytes / sizeof(float), [&](float*) { filled = true; });
  CHECK_FALSE(filled);
}
