// Plans that other processes make for a described card, one of which crashes. Skipped, with the
// reason, where there is no cuDNN.
#include <algorithm>
#include <fstream>

#include "engine/base/error.h"
#include "engine/cudnn/nvrtc.h"
#include "engine/cudnn/plan_processes.h"
#include "engine/cudnn/prepared_plans.h"
#include "tests/cudnn/described_h200.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using namespace engine;

namespace {

std::vector<ConvShape> shapes() {
  std::vector<ConvShape> all;
  for (int channels : {64, 128, 256}) {
    ConvShape s{{.images = 2,
                 .height = 10,
                 .width = 10,
                 .in_channels = channels,
                 .out_channels = 64,
                 .kernel = 3,
                 .stride = 1,
                 .pad = {1, 1, 1, 1}},
                ConvPass::forward,
                DType::f32};
    s.exact_f32 = false;
    all.push_back(s);
  }
  return all;
}

struct Answers {
  std::map<ConvShape, std::string> found;
  std::vector<ConvShape> unanswered;
  int crashes = 0;
};

Answers ask(const CudnnDevice& device, std::vector<std::string> command, int processes = 2) {
  Answers a;
  a.unanswered = candidate_plans_of_processes(
      {std::move(command), device.description(), false, processes}, shapes(),
      [&](const ConvShape& s, CudnnCandidatePlans plans) { a.found[s] = text_of(plans); },
      [&](const ConvShape&) { ++a.crashes; });
  return a;
}

}  // namespace

TEST_CASE("cuDNN: processes find the plans that this process finds") {
  const auto device = tests::described_h200();
  if (!device) return;
  const Answers a = ask(*device, {SSD_PLAN_WORKER});
  CHECK(a.unanswered.empty());
  CHECK(a.crashes == 0);
  REQUIRE(a.found.size() == 3);
  for (const auto& [s, text] : a.found) {
    const CudnnCandidatePlans here = candidate_plans(device, s, false),
                              there = plans_from_text(text);
    REQUIRE(there.plans.size() == here.plans.size());
    for (size_t i = 0; i < here.plans.size(); ++i) {
      CHECK(there.plans[i].candidate == here.plans[i].candidate);
      CHECK(restore(device, s, there.plans[i].candidate, there.plans[i].text));
    }
    CHECK(bool(there.plain) == bool(here.plain));
  }
}

TEST_CASE("cuDNN: a crash costs one plan, and the process that crashed is replaced") {
  const auto device = tests::described_h200();
  if (!device) return;
  const tests::TemporaryFolder folder;
  const Answers whole = ask(*device, {SSD_PLAN_WORKER});
  const Answers a = ask(*device, {SSD_PLAN_WORKER, (folder.path() / "crashed").string(), "2"}, 1);
  CHECK(a.crashes == 1);
  CHECK(a.unanswered.empty());
  REQUIRE(a.found.size() == 3);
  const ConvShape first = shapes()[0];
  CHECK(a.found.at(first) != whole.found.at(first));
  CHECK_FALSE(plans_from_text(a.found.at(first)).plans.empty());
  for (const ConvShape& s : {shapes()[1], shapes()[2]}) CHECK(a.found.at(s) == whole.found.at(s));
}

TEST_CASE("cuDNN: where no process can answer, the shapes come back") {
  const auto device = tests::described_h200();
  if (!device) return;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"/no/such/program"}, {SSD_PLAN_WORKER, "refuse"}}) {
    const Answers a = ask(*device, command);
    CHECK(a.found.empty());
    CHECK(a.unanswered.size() == 3);
  }
}

TEST_CASE("cuDNN: candidates are kept on disk as they come, until one is chosen") {
  const auto device = tests::described_h200();
  if (!device) return;
  const tests::TemporaryFolder folder;
  const PlanCache cache(folder.path().string());
  std::vector<std::string> told;
  const PreparedPlans::Options options{
      .program = SSD_PLAN_WORKER,
      .threads = 2,
      .tell = [&](const std::string& line) { told.push_back(line); },
      .open = [] { return tests::device_of(tests::cards()[2]); }};
  PreparedPlans(device, cache, options).prepare(shapes());
  CHECK(told.size() == 1);
  told.clear();
  PreparedPlans later(device, cache, options);  // as after an interruption
  later.prepare(shapes());
  CHECK(told.empty());
  const CudnnCandidatePlans found = later.take(shapes()[1]);
  CHECK(text_of(found) == text_of(candidate_plans(device, shapes()[1], false)));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 3);
  later.drop(shapes()[1]);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE("cuDNN: why it cannot compile plans is told once") {
  const auto device = tests::described_h200();
  if (!device) return;
  const tests::TemporaryFolder folder;
  const std::string worker = (folder.path() / "worker").string();
  std::ofstream(worker)
      << "#!/bin/sh\nread job; echo ready\n"
         "while read shape; do echo 'done {\"plans\":[],\"refusal\":\"no NVRTC\"}'; done\n";
  std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
  const PlanCache cache((folder.path() / "plans").string());
  std::vector<std::string> told;
  PreparedPlans plans(device, cache,
                      {.program = worker,
                       .threads = 1,
                       .tell = [&](const std::string& line) { told.push_back(line); },
                       .open = [] { return tests::device_of(tests::cards()[2]); }});
  plans.prepare(shapes());
  REQUIRE(told.size() == 2);
  CHECK_THAT(told[1],
             Catch::EndsWith("cuDNN cannot compile plans, so slower ones are used: no NVRTC"));
}

TEST_CASE("cuDNN: its compiler is found beside it and in other packages of the same Python") {
  const tests::TemporaryFolder folder;
  const auto put = [&](const std::string& name) {
    const auto path = folder.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "";
    return path.string();
  };
  const std::string alone = put("usr/lib/libcudnn.so.9");
  CHECK(nvrtc_beside(alone).empty());
  const std::string packaged = put("site/nvidia/cudnn/lib/libcudnn.so.9");
  const std::string compiler = put("site/nvidia/cu13/lib/libnvrtc.so.13");
  const std::string functions = put("site/nvidia/cu13/lib/libnvrtc-builtins.so.13.2");
  put("site/nvidia/cu13/lib/libnvrtc-builtins.alt.so.13.2");
  CHECK(nvrtc_beside(packaged) == std::vector<std::string>{functions, compiler});
  std::filesystem::create_directories(folder.path() / "links");
  const auto link = folder.path() / "links/libcudnn.so.9";
  std::filesystem::create_symlink(packaged, link);
  CHECK(nvrtc_beside(link.string()) == std::vector<std::string>{functions, compiler});
  const std::string beside = put("links/libnvrtc.so.12");
  CHECK(nvrtc_beside(link.string()) == std::vector<std::string>{beside});
}
