// ssdbench with a small model, also on a GPU: its shortest runs. No time is asserted.
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/tools/training_run.h"

using namespace tests;
using nlohmann::json;

namespace {

json row_of(const TrainingPlace& place, const std::string& words) {
  const Outcome o = run("cd " + place.at("") + " && XDG_CACHE_HOME=cache exec " +
                        program("ssdbench").string() + " " + words +
                        " --checkpoint run --memory-gib 0.25 --warmup 1 --steps 3 --json");
  INFO(words << ": " << o.err);
  REQUIRE(o.exit_code == 0);
  const json rows = json::parse(o.out).at("results");
  REQUIRE(rows.size() == 1);
  return rows[0];
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
