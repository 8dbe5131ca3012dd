// The engine's choice of cuDNN's plans on the whole modelled GPU: what needs captures, and steps.
#include <cmath>
#include <cstdlib>

#include "engine/conv/conv.h"
#include "engine/cudnn/choice.h"
#include "engine/cudnn/device.h"
#include "tests/cuda_model/settings.h"
#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/tools/tiny_step.h"

using namespace tests;
using namespace engine;

namespace {

// Seeds of libraries whose engine 11 waits for its stream. In one of them it is proposed first.
constexpr uint64_t kFirstWaits = 101, kNextWaits = 5, kOrders = 8;
// Libraries: the second has no f32 gradients of weights from half types, and no statistics.
constexpr uint64_t kEverything = 1, kNarrowGradients = 4;
// Libraries with everything whose ReLU has the slope 1 at its clips, and the slope 0.
constexpr uint64_t kSlopes[] = {kEverything, 6};
constexpr int64_t kFailing = 11, kWrong = 12;  // engines of each library

std::string kept_in(const TemporaryFolder& folder) {
  std::string text;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    text += text_of(entry.path());
  return text;
}

// Runs each plan by itself that the sound engines have for the shape. Returns how many there were.
int check_each_plan(ConvRun& gpu, const ConvShape& s, const OperandValues& wanted) {
  const auto device = std::make_shared<CudnnDevice>(0);
  const bool rounds = s.dtype == DType::f32 && !s.exact_f32;
  const double allowed = rounds ? 2e-3 : 4 * rounding_limit(s.dtype);
  int ran = 0;
  for (const CudnnCandidate& candidate : cudnn_candidates(*device, s, 0)) {
    const int64_t engine = candidate.engine.index;
    if (engine == kFailing || engine == kWrong) continue;
    const auto choice = build(device, s, candidate);
    if (!choice) continue;
    INFO("engine " << engine << ", " << choice->candidate);
    const OperandValues got = gpu.run(*choice->plan);
    for (size_t i = 0; i < got.size(); ++i) CHECK(distance(got[i], wanted[i]) < allowed);
    ++ran;
  }
  return ran;
}

// A forward convolution's operands on the device, of which all that are read have one value.
class FilledOperands {
 public:
  FilledOperands(Bench& bench, const ConvShape& s, double value) : bench_(bench) {
    for (const ConvOperand& o : conv_operands(s)) {
      kept_.push_back(bench.context().empty(o.shape, o.dtype));
      write(kept_.back(), Values(size_t(o.shape.size()), o.read ? value : 0));
      args_.*o.view = kept_.back();
    }
  }
  Values run(ConvPlan& plan, const Memory& workspace) const {
    ConvArgs args = args_;
    args.workspace = workspace.data();
    plan.run(bench_.queue(), args);
    bench_.backend->synchronize(bench_.queue());
    return read(Tensor::borrow(args.y));
  }

 private:
  Bench& bench_;
  std::vector<Tensor> kept_;
  ConvArgs args_;
};

std::unique_ptr<Memory> workspace_of(Bench& bench, const ConvPlan& plan) {
  return std::make_unique<Memory>(*bench.backend, plan.workspace(), MemoryKind::device);
}

}  // namespace

// The choice of a plan leaves out those with wrong results: among chosen plans alone, nobody would
// notice that a graph is wrong and therefore never taken.
TEST_CASE("cuDNN: every graph computes what the plain loops compute, also those not chosen") {
  for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
    for (DType dtype : {DType::f32, DType::f16, DType::bf16})
      for (const ConvShape& s : fused(strided_conv(dtype, pass, 9, 6, 16, 16))) {
        ConvRun gpu(s, "cuda:0"), cpu(s);
        const OperandValues wanted = cpu.run(*make_plain_loops(s));
        for (uint64_t seed : kSlopes) {
          INFO("seed " << seed << ": " << describe(s));
          cuda_model::settings().seed = seed;
          CHECK((check_each_plan(gpu, s, wanted) > 0 || s.optional()));
        }
      }
}

TEST_CASE("cuDNN: a plan that runs again takes operands and workspace from where they are now") {
  cuda_model::settings().seed = kEverything;
  const ConvShape s = strided_conv(DType::f16, ConvPass::forward, 9, 6, 16, 16);
  Bench bench("cuda:0");
  const auto device = std::make_shared<CudnnDevice>(0);
  size_t most = 0;
  for (const CudnnCandidate& candidate : cudnn_candidates(*device, s, 0)) {
    if (candidate.engine.index == kFailing) continue;
    const auto choice = build(device, s, candidate);
    if (!choice) continue;
    INFO("engine " << candidate.engine.index << ", " << choice->candidate);
    most = std::max(most, choice->plan->workspace());
    auto workspace = workspace_of(bench, *choice->plan);
    const FilledOperands first(bench, s, 1), second(bench, s, 2);
    const Values once = first.run(*choice->plan, *workspace);
    Values twice = second.run(*choice->plan, *workspace);
    workspace = workspace_of(bench, *choice->plan);  // elsewhere
    CHECK(second.run(*choice->plan, *workspace) == twice);
    for (double& y : twice) y /= 4;  // both factors of each product were twice as large
    CHECK(twice == once);
  }
  CHECK(most > 0);
}

TEST_CASE("cuDNN: a plan that cannot be recorded is not taken, by rule and by time") {
  ConvShape s = strided_conv(DType::f16, ConvPass::forward, 9, 6, 16, 16);
  s.forward = {.bias = true, .activation = Activation::relu6};
  for (uint64_t order = 0; order <= kOrders; ++order) {
    const bool by_rule = order < kOrders;
    cuda_model::settings().seed = kFirstWaits + order % kOrders * kNextWaits;
    INFO((by_rule ? "by rule" : "by time") << ", library " << cuda_model::settings().seed);
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
    const OperandValues got = gpu.run(*plan), wanted = cpu.run(*make_plain_loops(s));
    for (size_t i = 0; i < got.size(); ++i)
      CHECK(distance(got[i], wanted[i]) < 4 * rounding_limit(s.dtype));
  }
}

TEST_CASE("cuDNN: gradients of weights by every way of rounding are those of the plain loops") {
  for (uint64_t seed : {kEverything, kNarrowGradients})
    for (DType dtype : {DType::f16, DType::bf16})
      for (bool accumulate : {false, true})
        for (Narrowing narrowing : {Narrowing::if_needed, Narrowing::if_faster}) {
          cuda_model::settings().seed = seed;
          ConvShape s = strided_conv(dtype, ConvPass::grad_weight, 9, 6, 16, 18);
          s.grad_weight = {.accumulate = accumulate, .narrowing = narrowing};
          INFO("seed " << seed << ": " << describe(s));
          const TemporaryFolder folder;
          ConvRun gpu(s, "cuda:0"), cpu(s);
          const auto backend = make_backend("cuda:0", {.plan_cache = folder.path().string()});
          const auto plan = backend->plan(s);
          REQUIRE(plan);
          if (seed == kNarrowGradients)
            CHECK(kept_in(folder).find("\nnarrow") != std::string::npos);
          const OperandValues got = gpu.run(*plan), wanted = cpu.run(*make_plain_loops(s));
          for (size_t i = 0; i < got.size(); ++i)
            CHECK(distance(got[i], wanted[i]) < rounding_limit(dtype));
        }
}

TEST_CASE("cuDNN: a step whose gradients are rounded to a half type has those of one in f32") {
  model::DetectorOptions options = tiny_detector();
  options.frozen_batch_norm = true;  // no statistics: all else is the same
  for (const char* precision : {"fp16", "bf16"}) {
    INFO(precision);
    auto gradient = [&](uint64_t seed, bool narrow) {
      cuda_model::settings().seed = seed;
      const TemporaryFolder folder;
      ::setenv("SSD_TEST_PLAN_CACHE", folder.path().c_str(), 1);
      TinyStep step("cuda:0", precision, true, options);
      ::unsetenv("SSD_TEST_PLAN_CACHE");
      step.run(1);
      CHECK((kept_in(folder).find("\nnarrow") != std::string::npos) == narrow);
      return step.first_gradient();
    };
    const Values exact = gradient(kEverything, false), narrow = gradient(kNarrowGradients, true);
    REQUIRE(exact.size() == narrow.size());
    double apart = 0, whole = 0;
    for (size_t i = 0; i < exact.size(); ++i) {
      apart += (narrow[i] - exact[i]) * (narrow[i] - exact[i]);
      whole += exact[i] * exact[i];
    }
    INFO("apart by " << std::sqrt(apart / whole));
    CHECK(apart > 0);
    CHECK(std::sqrt(apart / whole) < (std::string(precision) == "fp16" ? 1e-3 : 8e-3));
  }
}

TEST_CASE("cuDNN: a plan that was chosen by time is not taken by rule") {
  const ConvShape s = strided_conv(DType::f16, ConvPass::forward, 9, 6, 16, 16);
  const TemporaryFolder folder;
  for (bool by_rule : {false, true}) {
    const auto backend =
        make_backend("cuda:0", {.deterministic = by_rule, .plan_cache = folder.path().string()});
    CHECK(backend->plan(s));
  }
  const std::string kept = kept_in(folder);
  INFO(kept);
  CHECK(kept.find(" by time\n") != std::string::npos);
  CHECK(kept.find(" by rule\n") != std::string::npos);
}
