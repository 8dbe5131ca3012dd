// Fusions of the plain loops, and paths around them: padded channels, parts done afterwards.
#include "engine/conv/candidate.h"
#include "tests/support/catch.h"

#include <cmath>

#include "tests/support/engine/conv_run.h"

using namespace tests;
using namespace engine;

namespace {

ConvShape base(DType dtype, ConvPass pass, int in = 5, int out = 11) {
  return strided_conv(dtype, pass, 7, 6, in, out);
}

// What the fusions of a gradient mean, from the plain gradient.
Values gradient_by_hand(const ConvShape& s, ConvRun& run, View ConvArgs::*result) {
  const ConvShape plain = unfused(s, s.pass);
  ConvRun simple(plain);
  for (auto view : {&ConvArgs::x, &ConvArgs::weight, &ConvArgs::y})
    simple.input(view) = run.input(view);
  Values g = simple.run(*make_plain_loops(plain))[simple.index(result)];
  for (size_t i = 0; i < g.size(); ++i) {
    if (s.accumulate()) g[i] += run.input(result)[i];
    if (s.grad_input.mask == Activation::none) continue;
    const double saved = run.input(&ConvArgs::saved)[i];
    if (saved <= 0 || (s.grad_input.mask == Activation::relu6 && saved >= 6)) g[i] = 0;
  }
  return g;
}

// Sums over pixels of a and of a * b.
void check_sums(const Values& a, const Values& b, const Values& sum, const Values& products) {
  const size_t channels = sum.size();
  Values s(channels), p(channels);
  for (size_t i = 0; i < a.size(); ++i) {
    s[i % channels] += a[i];
    p[i % channels] += a[i] * b[i];
  }
  CHECK(distance(sum, s) < 1e-5);
  CHECK(distance(products, p) < 1e-5);
}

void check_channel_grads(const ConvShape& s, ConvRun& run, const OperandValues& got) {
  const Values& dx = got[run.index(&ConvArgs::x)];
  const size_t channels = size_t(s.in_channels);
  const bool gamma = s.grad_input.channel_grads == ChannelGrads::batch_norm;
  Values dbeta(channels), dgamma(channels);
  for (size_t i = 0; i < dx.size(); ++i) {
    const size_t c = i % channels;
    dbeta[c] += dx[i];
    if (!gamma) continue;
    const double centred =
        got[run.index(&ConvArgs::normalised_x)][i] - got[run.index(&ConvArgs::mean)][c];
    dgamma[c] += dx[i] * centred * got[run.index(&ConvArgs::inv_std)][c];
  }
  CHECK(distance(got[run.index(&ConvArgs::dbeta)], dbeta) < 1e-5);
  if (gamma) CHECK(distance(got[run.index(&ConvArgs::dgamma)], dgamma) < 1e-5);
}

}  // namespace

TEST_CASE("conv: fusions of the plain loops are what shape.h says") {
  for (DType dtype : {DType::f64, DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (const ConvShape& s : fused(base(dtype, pass))) {
        INFO(describe(s));
        ConvRun run(s);
        const OperandValues got = run.run(*make_plain_loops(s));
        auto value = [&](View ConvArgs::*view) { return got[run.index(view)]; };
        if (s.forward.statistics)
          check_sums(value(&ConvArgs::y), value(&ConvArgs::y), value(&ConvArgs::sum),
                     value(&ConvArgs::sum_of_squares));
        if (pass == ConvPass::forward) continue;
        auto result = pass == ConvPass::grad_input ? &ConvArgs::x : &ConvArgs::weight;
        CHECK(distance(value(result), gradient_by_hand(s, run, result)) <
              2 * rounding_limit(dtype));
        if (s.grad_input.channel_grads != ChannelGrads::none) check_channel_grads(s, run, got);
      }
}

TEST_CASE("conv candidates: every candidate gives the same result") {
  int others = 0;
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (auto [in, out] : {std::pair{3, 11}, {8, 16}, {16, 11}})
        for (const ConvShape& s : fused(base(dtype, pass, in, out))) {
          ConvRun run(s);
          const OperandValues expected = run.run(*make_plain_loops(s));
          std::vector<ConvCandidate> candidates = direct_candidates(s),
                                     more = unfused_candidates(s), zeroed = zeroed_candidates(s);
          CHECK(candidates[0].inner == s);
          CHECK(zeroed.empty() == (pass != ConvPass::grad_weight || dtype == DType::f32 ||
                                   s.accumulate() || s.grad_weight.narrow_dw));
          candidates.insert(candidates.end(), more.begin(), more.end());
          candidates.insert(candidates.end(), zeroed.begin(), zeroed.end());
          for (const ConvCandidate& candidate : candidates) {
            INFO(describe(s) << ", " << candidate.name);
            auto plan = make_staged_conv(s, candidate.inner, make_plain_loops(candidate.inner));
            const OperandValues got = run.run(*plan);
            // Up to four roundings instead of one, and another order of sums.
            for (size_t i = 0; i < got.size(); ++i)
              CHECK(distance(got[i], expected[i]) < 4 * rounding_limit(dtype));
            others += candidate.inner != s;
          }
        }
  CHECK(others > 300);
}

TEST_CASE("conv candidates: a product of matrices and our kernels behind it give the result") {
  int products = 0;
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (const ConvShape& s :
           fused({{.images = 2, .height = 3, .width = 5, .in_channels = 7, .out_channels = 11},
                  pass,
                  dtype})) {
        INFO(describe(s));
        const auto gemm = gemm_candidate(s);
        CHECK(gemm.has_value() == !s.forward.statistics);
        if (!gemm) continue;
        const ConvShape& inner = gemm->inner;
        CHECK(gemm->fused == (inner == s));
        CHECK(inner.accumulate() == s.accumulate());
        CHECK(inner.forward.activation != Activation::relu6);
        CHECK_FALSE((inner.forward.bias && dtype != DType::f32));  // the bias is f32
        ConvRun run(s);
        const OperandValues expected = run.run(*make_plain_loops(s));
        const OperandValues got = run.run(*make_staged_conv(s, inner, make_plain_loops(inner)));
        for (size_t i = 0; i < got.size(); ++i)
          CHECK(distance(got[i], expected[i]) < 4 * rounding_limit(dtype));
        ++products;
      }
  CHECK(products > 80);
  for (const ConvShape& s : fused(base(DType::f32, ConvPass::forward)))
    CHECK_FALSE(gemm_candidate(s));
  ConvShape strided{{.images = 1, .height = 4, .width = 4, .in_channels = 4, .out_channels = 4}};
  CHECK(gemm_candidate(strided));
  strided.stride = 2;
  CHECK_FALSE(gemm_candidate(strided));
}

TEST_CASE("conv candidates: a gradient in the half type rounds once more, and overflow shows") {
  for (DType dtype : {DType::f16, DType::bf16})
    for (bool accumulate : {false, true}) {
      ConvShape s = base(dtype, ConvPass::grad_weight, 16, 11);
      s.grad_weight = {.accumulate = accumulate, .narrowing = Narrowing::if_faster};
      INFO(describe(s));
      ConvRun run(s);
      const ConvCandidate narrow = narrow_candidates(s).at(0);
      CHECK(is_narrow(narrow.name));
      CHECK(narrow.inner.grad_weight.narrow_dw);
      const auto plan = make_staged_conv(s, narrow.inner, make_plain_loops(narrow.inner));
      const Values got = run.run(*plan)[run.index(&ConvArgs::weight)];
      CHECK(distance(got, gradient_by_hand(s, run, &ConvArgs::weight)) < rounding_limit(dtype));
      CHECK(distance(got, gradient_by_hand(s, run, &ConvArgs::weight)) > 0);
      for (double& v : run.input(&ConvArgs::x)) v *= 300;  // sums beyond 65504, f16's largest value
      for (double& v : run.input(&ConvArgs::y)) v *= 3000;
      bool finite = true;
      for (double v : run.run(*plan)[run.index(&ConvArgs::weight)])
        finite = finite && std::isfinite(v);
      CHECK(finite == (dtype == DType::bf16));
    }
}

TEST_CASE("conv candidates: a shape says whether its gradient may be of the half type") {
  ConvShape s = base(DType::f16, ConvPass::grad_weight);
  for (Narrowing narrowing : {Narrowing::never, Narrowing::if_needed, Narrowing::if_faster}) {
    s.grad_weight.narrowing = narrowing;
    INFO(describe(s));
    CHECK(narrow_candidates(s).empty() == (narrowing == Narrowing::never));
    CHECK(direct_candidates(s).at(0).inner == s);
    CHECK(unfused_candidates(s).empty());
  }
  s.dtype = DType::f32;
  CHECK(narrow_candidates(s).empty());
}

TEST_CASE("conv candidates: the plain convolution and our kernels behind it give the result") {
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (const ConvShape& s : fused(base(dtype, pass, 16, 11))) {
        INFO(describe(s));
        ConvRun run(s);
        const OperandValues expected = run.run(*make_plain_loops(s));
        auto plan = make_staged_conv(s, plain_conv(s), make_plain_loops(plain_conv(s)));
        const OperandValues got = run.run(*plan);
        for (size_t i = 0; i < got.size(); ++i)
          CHECK(distance(got[i], expected[i]) < 4 * rounding_limit(dtype));
      }
}

TEST_CASE("conv candidates: channels are padded to whole words of 16 bytes") {
  auto inner_of = [](DType dtype, int in, int out) {
    std::vector<std::pair<int, int>> channels;
    for (const ConvCandidate& r : direct_candidates(base(dtype, ConvPass::forward, in, out)))
      channels.push_back({r.inner.in_channels, r.inner.out_channels});
    return channels;
  };
  using Channels = std::vector<std::pair<int, int>>;
  CHECK(inner_of(DType::f16, 256, 546) == Channels{{256, 546}, {256, 552}});
  CHECK(inner_of(DType::bf16, 3, 64) == Channels{{3, 64}, {4, 64}, {8, 64}});
  CHECK(inner_of(DType::f32, 3, 546) == Channels{{3, 546}, {4, 548}});
  CHECK(inner_of(DType::f16, 64, 256) == Channels{{64, 256}});
}

TEST_CASE("conv: plans that a device may lack are named optional, and the CPU says it has none") {
  auto backend = make_cpu_backend();
  for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
    for (const ConvShape& s : fused(base(DType::f32, pass))) {
      INFO(describe(s));
      CHECK((backend->plan(s) == nullptr) == s.optional());
    }
}
