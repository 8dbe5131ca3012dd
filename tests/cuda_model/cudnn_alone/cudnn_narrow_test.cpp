// Gradients of weights that are rounded to the half type: where they may compete, and where not.
#include "engine/base/error.h"
#include "engine/conv/candidate.h"
#include "engine/cudnn/conv.h"
#include "tests/cuda_model/cudnn_alone/chosen_plans.h"
#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"
#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/paths.h"

using namespace tests;
using namespace engine;

namespace {

constexpr const char* kTold = "in half types alone";

constexpr uint64_t kEverything = 1, kNoWideGradients = 4, kFallbackOnly = 5;  // seeds of libraries

ConvShape gradient(DType dtype, Narrowing narrowing, bool accumulate = false) {
  ConvShape s = strided_conv(dtype, ConvPass::grad_weight, 9, 6, 16, 16);
  s.grad_weight.accumulate = accumulate;
  s.grad_weight.narrowing = narrowing;
  return s;
}

// Engines that give the half type alone take this time, all others a millisecond.
std::function<float(const std::string&)> half_takes(float milliseconds) {
  return [milliseconds](const std::string& name) {
    return name == "cuDNN's engine 'ready'" ? milliseconds : 1.0f;
  };
}

struct Chosen {
  std::string candidate, told;
};

// Also checks what the chosen plan computes.
Chosen choose(const ConvShape& s, const std::string& folder, bool deterministic = false) {
  Chosen chosen;
  Bench bench;
  const auto convs = make_cudnn_convs(
      *bench.backend, 0,
      {.deterministic = deterministic, .plan_cache = folder, .tell = [&](const std::string& line) {
         chosen.told += line + "\n";
       }});
  const auto plan = convs->plan(s);
  REQUIRE(plan);
  check_values(s, *plan);
  for (const Kept& kept : kept_in(folder))
    if (kept.shape.starts_with(describe(s))) chosen.candidate = kept.candidate;
  return chosen;
}

Chosen choose(const ConvShape& s, bool deterministic = false) {
  const TemporaryFolder folder;
  return choose(s, folder.path().string(), deterministic);
}

const std::vector<DType> kHalfTypes{DType::f16, DType::bf16};

}  // namespace

TEST_CASE("a gradient in the half type is taken where it is faster and may compete") {
  for (DType dtype : kHalfTypes)
    for (bool accumulate : {false, true})
      for (float half : {0.5f, 2.0f})
        for (Narrowing narrowing : {Narrowing::never, Narrowing::if_needed, Narrowing::if_faster}) {
          cuda_stand_in() = {.seed = kEverything, .milliseconds = half_takes(half)};
          const ConvShape s = gradient(dtype, narrowing, accumulate);
          INFO(describe(s) << ", the half type takes " << half);
          const Chosen chosen = choose(s);
          CHECK(is_narrow(chosen.candidate) == (narrowing == Narrowing::if_faster && half < 1));
          CHECK(chosen.told.find(kTold) == std::string::npos);
        }
}

TEST_CASE("by rule a gradient in the half type comes behind all others") {
  cuda_stand_in() = {.seed = kEverything, .milliseconds = half_takes(0.5f)};
  for (DType dtype : kHalfTypes)
    CHECK_FALSE(is_narrow(choose(gradient(dtype, Narrowing::if_faster), true).candidate));
}

TEST_CASE("a gradient that must be exact never is of the half type, whatever the library has") {
  for (uint64_t seed : {1, 2, 3, 4, 5, 6, 13})
    for (DType dtype : kHalfTypes)
      for (bool deterministic : {true, false}) {
        cuda_stand_in() = {.seed = seed, .milliseconds = half_takes(0.1f)};
        const ConvShape s = gradient(dtype, Narrowing::never);
        INFO("seed " << seed << ", deterministic " << deterministic << ": " << describe(s));
        try {
          const Chosen chosen = choose(s, deterministic);
          CHECK_FALSE(is_narrow(chosen.candidate));
        } catch (const base::Error& error) {
          CHECK(error.code() == base::ExitCode::resources);
          CHECK(std::string(error.what()).find("train.weight_gradients=auto") != std::string::npos);
          CHECK(seed != kEverything);
        }
      }
}

TEST_CASE("a gradient that nobody wanted in the half type is told, once, also when restored") {
  for (uint64_t seed : {kNoWideGradients, kFallbackOnly})
    for (DType dtype : kHalfTypes) {
      cuda_stand_in() = {.seed = seed};
      const TemporaryFolder folder;
      for (bool restored : {false, true}) {
        INFO("seed " << seed << ", restored " << restored);
        const Chosen chosen = choose(gradient(dtype, Narrowing::if_needed), folder.path().string());
        CHECK(is_narrow(chosen.candidate));
        const size_t at = chosen.told.find(kTold);
        REQUIRE(at != std::string::npos);
        CHECK(chosen.told.find(kTold, at + 1) == std::string::npos);
      }
      CHECK(choose(gradient(dtype, Narrowing::if_faster)).told.find(kTold) == std::string::npos);
    }
}

TEST_CASE("a folder of plans keeps the choices of each setting apart") {
  const TemporaryFolder folder;
  cuda_stand_in() = {.seed = kEverything, .milliseconds = half_takes(0.5f)};
  for (int round = 0; round < 2; ++round)
    for (Narrowing narrowing : {Narrowing::if_faster, Narrowing::never, Narrowing::if_needed}) {
      const ConvShape s = gradient(DType::f16, narrowing);
      INFO("round " << round << ": " << describe(s));
      CHECK(is_narrow(choose(s, folder.path().string()).candidate) ==
            (narrowing == Narrowing::if_faster));
    }
  CHECK(kept_in(folder.path()).size() == 3);
}
