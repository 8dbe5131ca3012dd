// How a plan of a library is tried before it is used, on the CPU with plans that are right and
// wrong.
#include "engine/conv/trial_operands.h"
#include "tests/support/catch.h"

#include <cmath>

#include "engine/conv/recipe.h"
#include "tests/support/conv_run.h"

using namespace tests;
using namespace engine;

namespace {

// Long sums: what is added to them must still count.
ConvShape base(DType dtype, ConvPass pass) {
  return {.pass = pass,
          .dtype = dtype,
          .images = 2,
          .height = 9,
          .width = 8,
          .in_channels = 96,
          .out_channels = 64,
          .kernel = 3,
          .stride = 2,
          .pad = {1, 0, 1, 1}};
}

// The results of `plan`, on operands of `shape`.
TrialOperands run(Backend& backend, const ConvShape& shape, ConvPlan& plan) {
  TrialOperands operands(backend, shape);
  std::vector<char> workspace(plan.workspace() + 256);
  ConvArgs args = operands.args();
  args.workspace = reinterpret_cast<void*>((uintptr_t(workspace.data()) + 255) / 256 * 256);
  plan.run(backend.queue(Lane::compute), args);
  return operands;
}

std::unique_ptr<ConvPlan> by_parts(const ConvShape& shape) {
  return make_staged_conv(shape, plain_conv(shape), make_reference_conv(plain_conv(shape)));
}

// Of a plan made for `wrong` used in place of one for `shape`; what it does not write stays.
double distance_of(const ConvShape& shape, const ConvShape& wrong) {
  const auto backend = make_cpu_backend();
  const auto parts = by_parts(shape);
  const TrialOperands expected = run(*backend, shape, *parts);
  return run(*backend, shape, *make_reference_conv(wrong)).distance(expected);
}

}  // namespace

TEST_CASE("trial: every fusion computes what its parts compute") {
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (const ConvShape& s : fused(base(dtype, pass))) {
        INFO(describe(s));
        CHECK(distance_of(s, s) < trial_limit(s));
      }
}

TEST_CASE("trial: a fusion that does something else is found") {
  for (DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    auto check_wrong = [&](ConvPass pass, auto make_right, auto make_wrong) {
      ConvShape right = base(dtype, pass);
      make_right(right);
      ConvShape wrong = right;
      make_wrong(wrong);
      INFO(describe(right));
      INFO(describe(wrong));
      CHECK(distance_of(right, wrong) > 2 * trial_limit(right));
    };
    auto clipped = [](ConvShape& s) { s.bias = true, s.activation = Activation::relu6; };
    check_wrong(ConvPass::forward, clipped, [](ConvShape& s) { s.activation = Activation::relu; });
    check_wrong(ConvPass::forward, clipped, [](ConvShape& s) { s.bias = false; });
    check_wrong(
        ConvPass::forward, [](ConvShape& s) { s.residual = true; },
        [](ConvShape& s) { s.residual = false; });
    auto masked = [](ConvShape& s) {
      s.accumulate = true, s.mask = Activation::relu6, s.channel_grads = ChannelGrads::bias;
    };
    check_wrong(ConvPass::grad_input, masked, [](ConvShape& s) { s.mask = Activation::relu; });
    check_wrong(ConvPass::grad_input, masked, [](ConvShape& s) { s.accumulate = false; });
    check_wrong(ConvPass::grad_input, masked,
                [](ConvShape& s) { s.channel_grads = ChannelGrads::none; });
    check_wrong(
        ConvPass::grad_weight, [](ConvShape& s) { s.accumulate = true; },
        [](ConvShape& s) { s.accumulate = false; });
  }
}

TEST_CASE("trial: what is read starts as it was, what is written as NaN") {
  const auto backend = make_cpu_backend();
  ConvShape s = base(DType::f32, ConvPass::grad_input);
  s.accumulate = true, s.mask = Activation::relu6, s.channel_grads = ChannelGrads::batch_norm;
  TrialOperands a(*backend, s), b(*backend, s);
  CHECK(read(*backend, a.args().x) == read(*backend, b.args().x));
  CHECK(std::isnan(read(*backend, a.args().dbeta)[0]));
  CHECK(std::isinf(a.distance(b)));
  const Values saved = read(*backend, a.args().saved);
  CHECK(std::count(saved.begin(), saved.end(), 0.0) > int(saved.size()) / 8);
  CHECK(std::count(saved.begin(), saved.end(), 6.0) > int(saved.size()) / 8);
  const auto plan = by_parts(s);
  const Values before = read(*backend, b.args().x);
  TrialOperands c = run(*backend, s, *plan);
  CHECK(read(*backend, c.args().x) != before);
  c.reset();
  CHECK(read(*backend, c.args().x) == before);
}
