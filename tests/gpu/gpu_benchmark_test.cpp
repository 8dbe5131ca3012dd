// ssdbench with a small model, also on a GPU: its shortest runs. No time is asserted.
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/backend.h"
#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/tools/training_run.h"

using namespace tests;
using nlohmann::json;

namespace {

json result_of(const TrainingPlace& place, const std::string& words) {
  const Outcome o =
      run("cd " + place.at("") + " && XDG_CACHE_HOME=cache exec " + program("ssdbench").string() +
          " " + words + " --checkpoint run --memory-gib 0.25 --json");
  INFO(words << ": " << o.err);
  REQUIRE(o.exit_code == 0);
  return json::parse(o.out);
}

json row_of(const TrainingPlace& place, const std::string& words) {
  const json rows = result_of(place, words + " --warmup 1 --steps 3").at("results");
  REQUIRE(rows.size() == 1);
  return rows[0];
}

// How often each operation runs in a step.
std::map<std::string, int> operations_of(const TrainingPlace& place, const std::string& words) {
  const json result =
      result_of(place, "op --runs 3 --batch 2 --peak-tflop 1 --peak-gb 100 " + words);
  CHECK(result.at("peaks_given") == true);
  CHECK(result.at("ms_per_step").get<double>() > 0);
  std::map<std::string, int> found;
  for (const json& row : result.at("operations")) {
    found[row.at("op")] += row.at("count").get<int>();
    CHECK(row.at("ms").get<double>() >= 0);
  }
  return found;
}

}  // namespace

TEST_CASE("ssdbench times training and detection of one's own model, also on a GPU") {
  const TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const json cpu = row_of(place, "train --device cpu --batch 2");
  CHECK_THAT(cpu.at("checkpoint").get<std::string>(), Catch::StartsWith("run/"));
  CHECK(cpu.at("gflop_per_image").get<double>() < 1);
  if (!have_gpu()) return;
  const std::string gpu = " --device cuda --deterministic --batch 2";
  for (const char* precision : {"fp16", "tf32"}) {
    INFO(precision);
    const json row = row_of(place, "train --precision " + (precision + gpu));
    CHECK(row.at("device") != cpu.at("device"));
    CHECK(row.at("graph") == true);
    CHECK(row.at("loss").get<double>() ==
          Approx(cpu.at("loss").get<double>()).epsilon(0.02));  // docs/numerics.md: losses
    CHECK(row.at("gflop_per_image").get<double>() > 0);
    CHECK(row.at("step_memory_mib").get<double>() > 0);
    CHECK(row.at("images_per_second").at("median").get<double>() > 0);
  }
  const json found = row_of(place, "infer --precision bf16" + gpu);
  CHECK(found.at("boxes_found").get<int>() > 0);
  CHECK(found.at("latency_ms").at("p50").get<double>() > 0);
}

TEST_CASE("ssdbench allreduce adds up between GPUs, where there are two and NCCL") {
  if (std::getenv("CUDA_MODEL_SCHEDULE")) ::setenv("CUDA_MODEL_DEVICES", "2", 1);
  if (engine::cuda_devices() < 2) return;
  const std::string ssdbench = program("ssdbench").string();
  const Outcome o =
      run(ssdbench + " allreduce --device cuda --ranks 2 --kib 1,1500 --runs 3 --json");
  INFO(o.err);
  if (o.exit_code == 6 && o.err.find("NCCL") != std::string::npos) return;  // there is none
  REQUIRE(o.exit_code == 0);
  const json j = json::parse(o.out);
  CHECK(j.at("transport") == "nccl");
  CHECK_THAT(j.at("device").get<std::string>(), Catch::StartsWith("cuda:0"));
  REQUIRE(j.at("rows").size() == 2);
  CHECK(j.at("rows")[1].at("bytes") == 1500 * 1024);
  CHECK(j.at("rows")[1].at("bus_gb_per_second").at("median").get<double>() > 0);
}

// On the modelled GPU, too: events before and after each call, in the order of the queue.
TEST_CASE("ssdbench op finds the operations of one's own model, also on a GPU") {
  const TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  for (const char* mode : {"train", "infer"}) {
    INFO(mode);
    auto cpu = operations_of(place, "--device cpu --mode " + std::string(mode));
    CHECK(cpu.at("conv forward") > 0);
    if (!have_gpu()) continue;
    auto gpu = operations_of(place, "--device cuda --deterministic --mode " + std::string(mode));
    for (auto* counts : {&cpu, &gpu}) counts->erase("copy");  // some wait in a queue of their own
    for (const auto& [operation, count] : cpu) {
      INFO(operation);
      CHECK(gpu[operation] == count);
    }
    CHECK(gpu.size() == cpu.size());
  }
}
