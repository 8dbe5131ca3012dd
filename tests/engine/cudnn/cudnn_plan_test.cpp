// cuDNN's plans without a GPU: made for a described card, kept as text, restored. Skipped, with the
// reason, where there is no cuDNN.
#include "engine/cudnn/plan.h"
#include "tests/support/catch.h"

#include <atomic>
#include <set>

#include "engine/base/error.h"
#include "engine/cudnn/candidate_plans.h"
#include "engine/cudnn/further_engines.h"
#include "tests/cudnn/described_h200.h"

using namespace engine;

namespace {

ConvShape shape(DType dtype = DType::f16) {
  return {{.images = 2,
           .height = 10,
           .width = 10,
           .in_channels = 64,
           .out_channels = 64,
           .kernel = 3,
           .stride = 1,
           .pad = {1, 1, 1, 1}},
          ConvPass::forward,
          dtype};
}

bool accept(ConvPlan&) { return true; }

}  // namespace

TEST_CASE("cuDNN: a device is named by card, architecture and library") {
  const auto device = tests::described_h200();
  if (!device) return;
  CHECK(device->name() == "NVIDIA H200 sm_90 cuDNN " + cudnn_library().version());
  CHECK(device->handle() == nullptr);
}

TEST_CASE("cuDNN: a refusal carries the call and cuDNN's words") {
  if (!tests::described_h200()) return;
  CudnnDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, int64_t(1));
  try {
    tensor.finalize();
    FAIL("a tensor without dimensions was accepted");
  } catch (const base::Error& error) {
    INFO(error.what());
    CHECK(error.code() == base::ExitCode::failed);
    CHECK(std::string(error.what()).starts_with("cuDNN: finalize: CUDNN_STATUS_BAD_PARAM"));
  }
}

TEST_CASE("cuDNN: plans outlive what they were made from, and can be kept as text") {
  const auto device = tests::described_h200();
  if (!device) return;
  for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
    for (DType dtype : {DType::f16, DType::bf16, DType::f32}) {
      ConvShape s = shape(dtype);
      s.pass = pass;
      s.grad_weight.narrow_dw = pass == ConvPass::grad_weight;  // cuDNN has these ready
      INFO(describe(s));
      const auto choice = choose_first(device, s, accept);
      REQUIRE(choice);
      CHECK_FALSE(choice->compiled_at_run_time);
      const auto again = restore(device, s, choice->candidate, choice->plan_text);
      REQUIRE(again);
      CHECK(again->plan->workspace() == choice->plan->workspace());
      CHECK_FALSE(restore(device, s, "another candidate", choice->plan_text));
      CHECK_FALSE(restore(device, s, choice->candidate, "{\"not\": \"a plan\"}"));
    }
}

TEST_CASE("cuDNN: a plan that is compiled can be kept as text, too") {
  const auto device = tests::described_h200();
  if (!device) return;
  ConvShape s = shape();
  s.forward.bias = true;
  s.forward.activation = Activation::relu6;
  const auto choice = choose_first(device, s, accept);
  REQUIRE(choice);
  CHECK(choice->compiled_at_run_time);
  const auto again = restore(device, s, choice->candidate, choice->plan_text);
  REQUIRE(again);
  CHECK(again->plan->workspace() == choice->plan->workspace());
}

TEST_CASE("cuDNN: f32 of full precision leaves tensor cores out") {
  const auto device = tests::described_h200();
  if (!device) return;
  ConvShape s = shape(DType::f32);
  const CudnnGraph graph = cudnn_graph(*device, s);
  const size_t exact = cudnn_engines(*device, graph, s, false).size();
  s.exact_f32 = false;
  CHECK(exact > 0);
  CHECK(exact < cudnn_engines(*device, graph, s, false).size());
}

TEST_CASE("cuDNN: what the caller does not accept is passed over") {
  const auto device = tests::described_h200();
  if (!device) return;
  int asked = 0;
  const auto choice = choose_first(device, shape(), [&](ConvPlan&) { return ++asked == 3; });
  CHECK(choice);
  CHECK(asked == 3);
}

TEST_CASE("cuDNN: a plan for a described card does not run") {
  const auto device = tests::described_h200();
  if (!device) return;
  const auto choice = choose_first(device, shape(), accept);
  REQUIRE(choice);
  CHECK_THROWS_AS(choice->plan->run({}, {}), base::Error);
}

TEST_CASE("cuDNN: what is tried for many shapes is found by several threads, and can be restored") {
  const auto device = tests::described_h200();
  if (!device) return;
  ConvShape clipped = shape(), masked = shape(), plain = shape();
  clipped.forward.bias = true, clipped.forward.activation = Activation::relu6;
  masked.pass = ConvPass::grad_input, masked.grad_input.mask = Activation::relu6;
  masked.grad_input.channel_grads = ChannelGrads::batch_norm;
  const auto all = candidate_plans({clipped, masked, plain}, false, 2,
                                   [] { return tests::device_of(tests::cards()[2]); });
  CHECK(all.size() == 3);
  for (const auto& [s, found] : all) {
    INFO(describe(s));
    std::set<std::string> candidates;
    for (const CudnnCandidatePlans::Plan& plan : found.plans) {
      CHECK(restore(device, s, plan.candidate, plan.text));
      candidates.insert(plan.candidate);
    }
    // cuDNN compiles the fused ones: the unfused one may be faster.
    CHECK(candidates.size() == (s == plain ? 1 : 2));
    CHECK(bool(found.plain) == (s != plain));
    if (found.plain)
      CHECK(restore(device, plain_conv(s), found.plain->candidate, found.plain->text));
  }
  const auto ruled = candidate_plans(device, clipped, true).plans;
  REQUIRE(ruled.size() == 1);
  CHECK(ruled[0].candidate == choose_first(device, clipped, accept)->candidate);
}

TEST_CASE("cuDNN: on Hopper timing is offered engines that cuDNN does not propose, in bounds") {
  const auto device = tests::described_h200();
  if (!device) return;
  ConvShape clipped = shape(), sum = shape();
  clipped.forward = {.bias = true, .activation = Activation::relu6};
  sum.pass = ConvPass::grad_weight, sum.kernel = 1, sum.pad = {}, sum.grad_weight.accumulate = true;
  for (const ConvShape& s : {clipped, sum}) {
    INFO(describe(s));
    const CudnnGraph graph = cudnn_graph(*device, s);
    const auto proposed = cudnn_engines(*device, graph, s, false);
    const auto further = further_engines(*device, graph, s, proposed);
    CHECK(further.size() > 1);
    CHECK(further.size() <= size_t(kMostFallbackEngines + kMostSettings));
    std::string refusal;
    for (const CudnnEngine* engine : {&further.front(), &further.back()}) {
      const auto plan = CudnnPlan::build(device, s, *engine, refusal);
      INFO(refusal);
      REQUIRE(plan);
      CHECK(plan->text().find("sm90") != std::string::npos);
      CHECK(CudnnPlan::restore(device, s, plan->text()));
    }
  }
  CHECK(further_candidates(*device, shape()).empty());  // cuDNN has kernels ready
}

TEST_CASE("cuDNN: a thread that cannot have a device leaves its work to others") {
  if (!tests::described_h200()) return;
  std::atomic<int> opened = 0;
  const auto all = candidate_plans({shape()}, true, 2, [&] {
    if (opened++ == 0) fail(base::ExitCode::resources, "none left");
    return tests::device_of(tests::cards()[2]);
  });
  CHECK(opened == 2);
  CHECK(all.size() == 1);
}
