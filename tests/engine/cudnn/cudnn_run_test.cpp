// cuDNN's plans on a GPU against the plain loops. Skipped where there is no GPU.

#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"

using namespace tests;
using namespace engine;

TEST_CASE("cuDNN on a GPU: every fusion computes what the plain loops compute") {
  if (!have_gpu()) return;
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (auto [in, out] : {std::pair{3, 64}, {64, 64}, {32, 18}})
        for (const ConvShape& s : fused(strided_conv(dtype, pass, 13, 10, in, out))) {
          INFO(describe(s));
          ConvRun gpu(s, "cuda:0"), cpu(s);
          const auto plan = gpu.backend().plan(s);
          CHECK((plan || s.optional()));
          if (!plan) continue;
          const OperandValues got = gpu.run(*plan), expected = cpu.run(*make_plain_loops(s));
          // Unfused plans round up to four times instead of once; sums have orders of their own.
          for (size_t i = 0; i < got.size(); ++i)
            CHECK(distance(got[i], expected[i]) < 4 * rounding_limit(dtype));
        }
}
