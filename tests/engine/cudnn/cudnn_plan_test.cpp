// cuDNN's plans without a GPU: made for a described card, kept as text, restored. Skipped, with the
// reason, where there is no cuDNN.
#include "engine/cudnn/plan.h"
#include "tests/support/catch.h"

#include <atomic>
#include <set>

#include "engine/base/error.h"
#include "engine/cudnn/contenders.h"
#include "tests/cudnn/cards.h"

using namespace engine;

namespace {

// Null, after a warning, where there is no cuDNN.
std::shared_ptr<const CudnnDevice> h200() {
  tests::load_driver_shim();
  try {
    return tests::device_of(tests::cards()[2]);
  } catch (const base::Error& error) {
    if (error.code() != base::ExitCode::resources) throw;
    WARN("skipped: " << error.what());
    return nullptr;
  }
}

ConvShape shape(DType dtype = DType::f16) {
  return {.dtype = dtype,
          .images = 2,
          .height = 10,
          .width = 10,
          .in_channels = 64,
          .out_channels = 64,
          .kernel = 3,
          .stride = 1,
          .pad = {1, 1, 1, 1}};
}

bool accept(ConvPlan&) { return true; }

}  // namespace

TEST_CASE("cuDNN: a device is named by card, architecture and library") {
  const auto device = h200();
  if (!device) return;
  CHECK(device->name() == "NVIDIA H200 sm_90 cuDNN " + cudnn_library().version());
  CHECK(device->handle() == nullptr);
}

TEST_CASE("cuDNN: a refusal carries the call and cuDNN's words") {
  if (!h200()) return;
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
  const auto device = h200();
  if (!device) return;
  for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
    for (DType dtype : {DType::f16, DType::bf16, DType::f32}) {
      ConvShape s = shape(dtype);
      s.pass = pass;
      s.narrow_dw = pass == ConvPass::grad_weight;  // cuDNN has these ready
      INFO(describe(s));
      const auto choice = choose_first(device, s, accept);
      REQUIRE(choice);
      CHECK_FALSE(choice->compiled_at_run_time);
      const auto again = restore(device, s, choice->recipe, choice->plan_text);
      REQUIRE(again);
      CHECK(again->plan->workspace() == choice->plan->workspace());
      CHECK_FALSE(restore(device, s, "another recipe", choice->plan_text));
      CHECK_FALSE(restore(device, s, choice->recipe, "{\"not\": \"a plan\"}"));
    }
}

TEST_CASE("cuDNN: a plan that is compiled can be kept as text, too") {
  const auto device = h200();
  if (!device) return;
  ConvShape s = shape();
  s.bias = true;
  s.activation = Activation::relu6;
  const auto choice = choose_first(device, s, accept);
  REQUIRE(choice);
  CHECK(choice->compiled_at_run_time);
  const auto again = restore(device, s, choice->recipe, choice->plan_text);
  REQUIRE(again);
  CHECK(again->plan->workspace() == choice->plan->workspace());
}

TEST_CASE("cuDNN: f32 of full precision leaves tensor cores out") {
  const auto device = h200();
  if (!device) return;
  ConvShape s = shape(DType::f32);
  const CudnnGraph graph = cudnn_graph(*device, s);
  const size_t exact = cudnn_candidates(*device, graph, s, false).size();
  s.exact_f32 = false;
  CHECK(exact > 0);
  CHECK(exact < cudnn_candidates(*device, graph, s, false).size());
}

TEST_CASE("cuDNN: what the caller does not accept is passed over") {
  const auto device = h200();
  if (!device) return;
  int asked = 0;
  const auto choice = choose_first(device, shape(), [&](ConvPlan&) { return ++asked == 3; });
  CHECK(choice);
  CHECK(asked == 3);
}

TEST_CASE("cuDNN: a plan for a described card does not run") {
  const auto device = h200();
  if (!device) return;
  const auto choice = choose_first(device, shape(), accept);
  REQUIRE(choice);
  CHECK_THROWS_AS(choice->plan->run({}, {}), base::Error);
}

TEST_CASE("cuDNN: what is tried for many shapes is found by several threads, and can be restored") {
  const auto device = h200();
  if (!device) return;
  ConvShape clipped = shape(), masked = shape(), plain = shape();
  clipped.bias = true, clipped.activation = Activation::relu6;
  masked.pass = ConvPass::grad_input, masked.mask = Activation::relu6;
  masked.channel_grads = ChannelGrads::batch_norm;
  const auto all = contenders({clipped, masked, plain}, false, 2,
                              [] { return tests::device_of(tests::cards()[2]); });
  CHECK(all.size() == 3);
  for (const auto& [s, found] : all) {
    INFO(describe(s));
    std::set<std::string> recipes;
    for (const CudnnContenders::Plan& plan : found.plans) {
      CHECK(restore(device, s, plan.recipe, plan.text));
      recipes.insert(plan.recipe);
    }
    // cuDNN compiles the fused ones: the unfused one may be faster.
    CHECK(recipes.size() == (s == plain ? 1 : 2));
    CHECK(bool(found.trusted) == (s != plain));
    if (found.trusted)
      CHECK(restore(device, plain_conv(s), found.trusted->recipe, found.trusted->text));
  }
  const auto ruled = contenders(device, clipped, true).plans;
  REQUIRE(ruled.size() == 1);
  CHECK(ruled[0].recipe == choose_first(device, clipped, accept)->recipe);
}

TEST_CASE("cuDNN: a thread that cannot have a device leaves its work to others") {
  if (!h200()) return;
  std::atomic<int> opened = 0;
  const auto all = contenders({shape()}, true, 2, [&] {
    if (opened++ == 0) fail(base::ExitCode::resources, "none left");
    return tests::device_of(tests::cards()[2]);
  });
  CHECK(opened == 2);
  CHECK(all.size() == 1);
}
