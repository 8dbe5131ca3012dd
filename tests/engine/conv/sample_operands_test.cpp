// How a plan of a library is tried before it is used, on the CPU with plans that are right and
// wrong.
#include "engine/conv/sample_operands.h"
#include "tests/support/catch.h"

#include <cmath>

#include "engine/conv/candidate.h"
#include "tests/support/engine/conv_run.h"

using namespace tests;
using namespace engine;

namespace {

// Long sums: what is added to them must still count.
ConvShape base(DType dtype, ConvPass pass) {
  return {{.images = 2,
           .height = 9,
           .width = 8,
           .in_channels = 96,
           .out_channels = 64,
           .kernel = 3,
           .stride = 2,
           .pad = {1, 0, 1, 1}},
          pass,
          dtype};
}

// The results of `plan`, on operands of `shape`.
SampleOperands run(Backend& backend, const ConvShape& shape, ConvPlan& plan) {
  SampleOperands operands(backend, shape);
  std::vector<char> workspace(plan.workspace() + 256);
  ConvArgs args = operands.args();
  args.workspace = reinterpret_cast<void*>((uintptr_t(workspace.data()) + 255) / 256 * 256);
  plan.run(backend.queue(Lane::compute), args);
  return operands;
}

std::unique_ptr<ConvPlan> by_parts(const ConvShape& shape) {
  return make_staged_conv(shape, plain_conv(shape), make_plain_loops(plain_conv(shape)));
}

// Of a plan made for `wrong` used in place of one for `shape`; what it does not write stays.
double distance_of(const ConvShape& shape, const ConvShape& wrong) {
  const auto backend = make_cpu_backend();
  const auto parts = by_parts(shape);
  const SampleOperands expected = run(*backend, shape, *parts);
  return run(*backend, shape, *make_plain_loops(wrong)).distance(expected);
}

}  // namespace

TEST_CASE("sample operands: every fusion computes what its parts compute") {
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (const ConvShape& s : fused(base(dtype, pass))) {
        INFO(describe(s));
        CHECK(distance_of(s, s) < result_tolerance(s));
      }
}

TEST_CASE("sample operands: a fusion that does something else is found") {
  for (DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    auto check_wrong = [&](ConvPass pass, auto make_right, auto make_wrong) {
      ConvShape right = base(dtype, pass);
      make_right(right);
      ConvShape wrong = right;
      make_wrong(wrong);
      INFO(describe(right));
      INFO(describe(wrong));
      CHECK(distance_of(right, wrong) > 2 * result_tolerance(right));
    };
    auto clipped = [](ConvShape& s) {
      s.forward = {.bias = true, .activation = Activation::relu6};
    };
    check_wrong(ConvPass::forward, clipped,
                [](ConvShape& s) { s.forward.activation = Activation::relu; });
    check_wrong(ConvPass::forward, clipped, [](ConvShape& s) { s.forward.bias = false; });
    check_wrong(
        ConvPass::forward, [](ConvShape& s) { s.forward.residual = true; },
        [](ConvShape& s) { s.forward.residual = false; });
    auto masked = [](ConvShape& s) {
      s.grad_input = {true, Activation::relu6, ChannelGrads::bias};
    };
    check_wrong(ConvPass::grad_input, masked,
                [](ConvShape& s) { s.grad_input.mask = Activation::relu; });
    check_wrong(ConvPass::grad_input, masked,
                [](ConvShape& s) { s.grad_input.accumulate = false; });
    check_wrong(ConvPass::grad_input, masked,
                [](ConvShape& s) { s.grad_input.channel_grads = ChannelGrads::none; });
    check_wrong(
        ConvPass::grad_weight, [](ConvShape& s) { s.grad_weight.accumulate = true; },
        [](ConvShape& s) { s.grad_weight.accumulate = false; });
  }
}

TEST_CASE("sample operands: what is read starts as it was, what is written as NaN") {
  const auto backend = make_cpu_backend();
  ConvShape s = base(DType::f32, ConvPass::grad_input);
  s.grad_input = {true, Activation::relu6, ChannelGrads::batch_norm};
  SampleOperands a(*backend, s), b(*backend, s);
  CHECK(read(*backend, a.args().x) == read(*backend, b.args().x));
  CHECK(std::isnan(read(*backend, a.args().dbeta)[0]));
  CHECK(std::isinf(a.distance(b)));
  const Values saved = read(*backend, a.args().saved);
  CHECK(std::count(saved.begin(), saved.end(), 0.0) > int(saved.size()) / 8);
  CHECK(std::count(saved.begin(), saved.end(), 6.0) > int(saved.size()) / 8);
  const auto plan = by_parts(s);
  const Values before = read(*backend, b.args().x);
  SampleOperands c = run(*backend, s, *plan);
  CHECK(read(*backend, c.args().x) != before);
  c.reset();
  CHECK(read(*backend, c.args().x) == before);
}
