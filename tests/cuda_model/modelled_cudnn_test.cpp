// The engine's choice of cuDNN's plans on the whole modelled GPU: what needs captures.
#include "engine/conv/conv.h"
#include "tests/cuda_model/settings.h"
#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

using namespace tests;
using namespace engine;

namespace {

constexpr uint64_t kWaits = 101;  // the seed of a library whose engine 11 waits for its stream

std::string kept_in(const TemporaryFolder& folder) {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    text += text_of(entry.path());
  return text;
}

}  // namespace

TEST_CASE("cuDNN: a plan that cannot be recorded is not taken, by rule and by time") {
  cuda_model::settings().seed = kWaits;
  ConvShape s = strided_conv(DType::f16, ConvPass::forward, 9, 6, 16, 16);
  s.forward = {.bias = true, .activation = Activation::relu6};
  for (bool by_rule : {true, false}) {
    INFO((by_rule ? "by rule" : "by time"));
    const TemporaryFolder folder;
    ConvRun gpu(s, "cuda:0"), cpu(s);
    const auto backend =
        make_backend("cuda:0", {.deterministic = by_rule, .plan_cache = folder.path().string()});
    const auto plan = backend->plan(s);
    REQUIRE(plan);
    const std::string kept = kept_in(folder);
    INFO(kept);
    CHECK(kept.find("\"engine\":") != std::string::npos);
    CHECK(kept.find("\"engine\":11,") == std::string::npos);
    const OperandValues got = gpu.run(*plan), wanted = cpu.run(*make_reference_conv(s));
    for (size_t i = 0; i < got.size(); ++i)
      CHECK(distance(got[i], wanted[i]) < 4 * rounding_limit(s.dtype));
  }
}
