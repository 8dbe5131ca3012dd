// The engine's own planning of convolutions on modelled libraries with different gifts and faults.
#include <set>

#include "engine/base/error.h"
#include "engine/cudnn/choice.h"
#include "engine/cudnn/conv.h"
#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"
#include "tests/support/catch.h"
#include "tests/support/conv_run.h"

using namespace tests;
using namespace engine;

namespace {

double limit(DType dtype) {
  return dtype == DType::f32 ? 1e-5 : dtype == DType::bf16 ? 1e-2 : 2e-3;
}

ConvShape base(DType dtype, ConvPass pass, int in, int out) {
  return {{.images = 2,
           .height = 9,
           .width = 6,
           .in_channels = in,
           .out_channels = out,
           .kernel = 3,
           .stride = 2,
           .pad = {1, 0, 1, 1}},
          pass,
          dtype};
}

// Every operand of the plan against the plain loops.
void check_values(const ConvShape& s, ConvPlan& plan) {
  ConvRun run(s), expected(s);
  const OperandValues got = run.run(plan), wanted = expected.run(*make_reference_conv(s));
  const double allowed = s.dtype == DType::f32 && !s.exact_f32 ? 2e-3 : 4 * limit(s.dtype);
  for (size_t i = 0; i < got.size(); ++i) CHECK(distance(got[i], wanted[i]) < allowed);
}

}  // namespace

TEST_CASE("every convolution of every library computes what the plain loops compute") {
  const bool deterministic = GENERATE(true, false);
  for (uint64_t seed : {1, 2, 3, 4, 5, 6, 13}) {
    cuda_stand_in().seed = seed;
    Bench bench;
    const auto convs = make_cudnn_convs(*bench.backend, 0, {.deterministic = deterministic});
    for (DType dtype : {DType::f32, DType::f16, DType::bf16})
      for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
        for (auto [in, out] : {std::pair{3, 16}, {16, 16}, {8, 18}})
          for (const ConvShape& s : fused(base(dtype, pass, in, out))) {
            INFO("seed " << seed << " deterministic " << deterministic << ": " << describe(s));
            const auto plan = convs->plan(s);
            CHECK((plan || s.optional()));
            if (plan) check_values(s, *plan);
          }
  }
  CHECK(cuda_model_cudnn_alive() == 0);
}
