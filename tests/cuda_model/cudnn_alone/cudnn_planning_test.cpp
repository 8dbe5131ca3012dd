// The engine's own planning of convolutions on modelled libraries with different gifts and faults.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/cudnn/choice.h"
#include "engine/cudnn/conv.h"
#include "tests/cuda_model/cudnn_alone/chosen_plans.h"
#include "tests/cuda_model/cudnn_alone/cudnn_stand_in.h"
#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/paths.h"

using namespace tests;
using namespace engine;

namespace {

std::vector<ConvShape> some_shapes() {
  std::vector<ConvShape> all;
  for (DType dtype : {DType::f32, DType::f16, DType::bf16})
    for (ConvPass pass : {ConvPass::forward, ConvPass::grad_input, ConvPass::grad_weight})
      for (auto [in, out] : {std::pair{3, 16}, {16, 16}, {8, 18}})
        for (const ConvShape& s : fused(strided_conv(dtype, pass, 9, 6, in, out))) all.push_back(s);
  return all;
}

// What the makers told, with the library that the seed chooses.
std::vector<std::string> choose_all(uint64_t seed, const std::filesystem::path& folder,
                                    bool deterministic) {
  std::vector<std::string> told;
  cuda_stand_in() = {.seed = seed};
  Bench bench;
  const auto convs =
      make_cudnn_convs(*bench.backend, 0,
                       {.deterministic = deterministic,
                        .plan_cache = folder.string(),
                        .tell = [&](const std::string& line) { told.push_back(line); }});
  for (const ConvShape& s : some_shapes()) convs->plan(s);
  return told;
}

constexpr int64_t kFailing = 11, kWrong = 12, kUnordered = 14;  // engines of the model

}  // namespace

TEST_CASE("every convolution of every library computes what the plain loops compute") {
  const bool deterministic = GENERATE(true, false);
  for (uint64_t seed : {1, 2, 3, 4, 5, 6, 13}) {
    cuda_stand_in() = {.seed = seed};
    Bench bench;
    const auto convs = make_cudnn_convs(*bench.backend, 0, {.deterministic = deterministic});
    for (const ConvShape& s : some_shapes()) {
      INFO("seed " << seed << " deterministic " << deterministic << ": " << describe(s));
      const auto plan = convs->plan(s);
      CHECK((plan || s.optional()));
      if (plan) check_values(s, *plan);
    }
  }
}

TEST_CASE(
    "every way to carry out a convolution is taken with some library, no bad engine with any") {
  std::set<std::string> ways;
  int warnings = 0;
  for (bool deterministic : {true, false})
    for (uint64_t seed : {1, 2, 3, 4, 5, 21}) {
      TemporaryFolder folder;
      for (const std::string& line : choose_all(seed, folder.path(), deterministic))
        warnings += line.find("is wrong by") != std::string::npos;
      for (const Kept& kept : kept_in(folder.path())) {
        INFO("seed " << seed << ": " << kept.shape << " by engine " << kept.engine);
        ways.insert(kept.candidate);
        CHECK(kept.engine != kFailing);
        CHECK(kept.engine != kWrong);
        CHECK(!(deterministic && kept.engine == kUnordered));
        CHECK((kept.engine > 0 || kept.shape.find("statistics 1") != std::string::npos));
      }
    }
  CHECK(warnings > 0);
  for (const char* way :
       {"direct", "direct, out padded to 24", "direct, in padded to 4", "unfused", "unfused, added",
        "unfused, out padded to 24", "unfused, added, out padded to 24", "narrow",
        "narrow, out padded to 24", "none"}) {
    INFO(way);
    CHECK(ways.contains(way));
  }
}

TEST_CASE("a second run restores the first one's plans, and plans what it cannot restore") {
  TemporaryFolder folder;
  choose_all(1, folder.path(), true);
  std::map<std::string, Kept> first;
  for (const Kept& kept : kept_in(folder.path())) first[kept.shape] = kept;
  REQUIRE(first.size() == some_shapes().size());
  const int queued = [&] {
    choose_all(1, folder.path(), true);
    return cuda_stand_in().queued;
  }();
  CHECK(queued < int(2 * first.size()));  // each restored plan runs once, and no other does
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    std::ofstream(entry.path(), std::ios::app) << "damage";
  choose_all(1, folder.path(), true);
  for (const Kept& kept : kept_in(folder.path())) {
    INFO(kept.shape);
    CHECK(kept.engine == first[kept.shape].engine);
  }
}

TEST_CASE("plans for many shapes are found by several threads, each with its own handle") {
  cuda_stand_in() = {};
  Bench bench;
  const auto shapes = some_shapes();
  const auto convs = make_cudnn_convs(*bench.backend, 0, {.deterministic = true});
  convs->prepare(shapes);
  for (const ConvShape& s : shapes) {
    INFO(describe(s));
    CHECK((convs->plan(s) || s.optional()));
  }
}

TEST_CASE("nothing of cuDNN's is left behind") {
  {
    Bench bench;
    make_cudnn_convs(*bench.backend, 0, {})->plan(some_shapes()[0]);
  }
  CHECK(cuda_model_cudnn_alive() == 0);
}
