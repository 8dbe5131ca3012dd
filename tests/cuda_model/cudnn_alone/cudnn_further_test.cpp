// Plans that cuDNN's heuristics do not propose: offered where timing decides, and nowhere else.
#include <map>
#include <nlohmann/json.hpp>

#include "engine/cudnn/candidate_plans.h"
#include "engine/cudnn/conv.h"
#include "tests/cuda_model/cudnn_alone/chosen_plans.h"
#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"
#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/paths.h"

using namespace tests;
using namespace engine;

namespace {

constexpr int64_t kHidden = 31;  // the engine that is listed among the fallback engines alone
const std::string kByHidden = "cuDNN's engine 'hidden'";

ConvShape forward(DType dtype) {
  ConvShape s = strided_conv(dtype, ConvPass::forward, 9, 6, 16, 16);
  s.forward = {.bias = true, .activation = Activation::relu6};
  return s;
}

ConvShape gradient(bool accumulate) {
  ConvShape s = strided_conv(DType::f16, ConvPass::grad_weight, 9, 6, 16, 16);
  s.grad_weight.accumulate = accumulate;
  return s;
}

// The plan that is chosen if pieces of work with this name take half of a millisecond, and others a
// whole one. Also checks what it computes.
Kept choose(const ConvShape& s, const std::string& fast, bool deterministic = false) {
  cuda_stand_in() = {
      .milliseconds = [=](const std::string& name) { return name == fast ? 0.5f : 1.0f; }};
  const TemporaryFolder folder;
  Bench bench;
  const auto convs = make_cudnn_convs(
      *bench.backend, 0, {.deterministic = deterministic, .plan_cache = folder.path().string()});
  const auto plan = convs->plan(s);
  REQUIRE(plan);
  check_values(s, *plan);
  const auto kept = kept_in(folder.path());
  REQUIRE(kept.size() == 1);
  return kept[0];
}

// How many plans of the engine, by their settings, a convolution gets.
std::map<std::string, int> offered(const ConvShape& s, bool deterministic) {
  cuda_stand_in() = {};
  std::map<std::string, int> names;
  const auto device = std::make_shared<const CudnnDevice>(0);
  for (const auto& plan : candidate_plans(device, s, deterministic).plans) {
    const auto text = nlohmann::json::parse(plan.text);
    if (text.at("engine") == kHidden)
      ++names[text.at("parts").dump() + " parts, kernel " + text.at("kernel").dump()];
  }
  return names;
}

}  // namespace

TEST_CASE("an engine among the fallback engines that cuDNN compiles is taken if it is faster") {
  for (DType dtype : {DType::f16, DType::bf16}) {
    CHECK(choose(forward(dtype), kByHidden).engine == kHidden);
    CHECK(choose(forward(dtype), "cuDNN's engine 'compiled'").engine != kHidden);
    CHECK(choose(forward(dtype), kByHidden, true).engine != kHidden);
  }
}

TEST_CASE("sums in parts and other tiles than cuDNN proposes are taken if they are faster") {
  for (bool accumulate : {false, true}) {
    const ConvShape s = gradient(accumulate);
    const Kept parts = choose(s, kByHidden + " in 8 parts");
    CHECK((parts.engine == kHidden && parts.parts == 8));
    const Kept both = choose(s, kByHidden + " in 4 parts by kernel 6");
    CHECK((both.engine == kHidden && both.parts == 4));
  }
  CHECK(choose(forward(DType::f16), kByHidden + " by kernel 16").engine == kHidden);
}

TEST_CASE("the number of plans that cuDNN does not propose is bounded") {
  using Offered = std::map<std::string, int>;
  CHECK((offered(forward(DType::f16), false) ==
         Offered{{"1 parts, kernel 0", 1}, {"1 parts, kernel 6", 1}, {"1 parts, kernel 16", 1}}));
  CHECK((offered(gradient(true), false) == Offered{{"1 parts, kernel 0", 1},
                                                   {"8 parts, kernel 0", 1},
                                                   {"4 parts, kernel 6", 1},
                                                   {"2 parts, kernel 16", 1}}));
  int all = 0;  // in place, and added to zeros
  for (const auto& [name, count] : offered(gradient(false), false)) all += count;
  CHECK(all == 6);
  for (const ConvShape& s : {forward(DType::f16), gradient(true), gradient(false)})
    CHECK(offered(s, true).empty());
}

TEST_CASE("products of full precision are left to the engines that cuDNN proposes") {
  CHECK(offered(forward(DType::f32), false).empty());
  ConvShape s = forward(DType::f32);
  s.exact_f32 = false;
  CHECK_FALSE(offered(s, false).empty());
}
