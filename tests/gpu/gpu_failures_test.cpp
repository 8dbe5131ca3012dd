// When a GPU's kernels fail or its memory is too small: what the user reads, and what stays good.
#include <algorithm>

#include "engine/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/tools/training_run.h"

using namespace tests;

namespace {

int lines_of(const std::string& text) { return int(std::count(text.begin(), text.end(), '\n')); }

// The program's last words; what comes before them is the run's log.
std::string error_of(const Outcome& o) {
  const size_t start = o.err.rfind("ssdtrain: ");
  return start == std::string::npos ? "" : o.err.substr(start);
}

// As a user would look for the kernel at fault.
Outcome planted(const std::string& arguments) {
  const std::string program = tests::program("../tests/planted_fault").string();
  return run("CUDA_LAUNCH_BLOCKING=1 exec " + program + " " + arguments);
}

}  // namespace

TEST_CASE("a kernel that fails is named, and the program ends") {
  if (!have_gpu()) return;
  for (auto [fault, kernel] : {std::pair{"trap", "StopHere"}, {"out_of_bounds", "WriteOutside"}}) {
    const Outcome o = planted(fault);
    INFO(o.err);
    CHECK(o.exit_code == 1);
    CHECK(lines_of(o.err) == 1);
    CHECK(o.err.find(kernel) != std::string::npos);
  }
}

TEST_CASE("after a kernel failed nothing is saved any more, and the file before stays good") {
  if (!have_gpu()) return;
  TemporaryFolder folder;
  const std::string file = folder.path() / "saved.safetensors";
  CHECK(planted("out_of_bounds " + file).exit_code == 1);
  const engine::SafetensorsFile saved(file);  // throws if a byte is wrong
  const engine::StoredTensor* values = saved.find("values");
  REQUIRE(values);
  CHECK(saved.read_doubles(*values) == std::vector<double>(256, 7.0));
}

TEST_CASE("too little step memory: exit code 6, one line, no checkpoint") {
  const std::string device = GENERATE(from_range(devices()));
  TrainingPlace place;
  for (const char* gib : {"0.0001", "0.0005", "0.001", "0.0015"}) {
    const Outcome o = place.train("run", "train.device=" + device + " train.memory_gib=" + gib +
                                             " train.deterministic=true train.plan_cache=plans");
    INFO(gib << ": " << o.err);
    CHECK(o.exit_code == 6);
    CHECK(lines_of(error_of(o)) == 1);
    CHECK(error_of(o).find("memory") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(place.at("run/last.safetensors")));
    std::filesystem::remove_all(place.at("run"));
  }
}

TEST_CASE("more step memory than the GPU has: exit code 6, one line") {
  if (!have_gpu()) return;
  TrainingPlace place;
  const Outcome o = place.train("run", "train.device=cuda:0 train.memory_gib=4096");
  INFO(o.err);
  CHECK(o.exit_code == 6);
  CHECK(lines_of(error_of(o)) == 1);
}
