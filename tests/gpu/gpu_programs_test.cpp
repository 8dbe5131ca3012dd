// ssddetect and ssdeval on a GPU find what they find on the CPU.
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/tools/training_run.h"

using namespace tests;
using nlohmann::json;

namespace {

// A model that saw three steps: its scores differ from each other by little.
constexpr double kScoresApart = 1e-4;

json found_by(const TrainingPlace& place, const std::string& words) {
  const Outcome o = run("cd " + place.at("") + " && XDG_CACHE_HOME=cache exec " + words);
  INFO(words << ": " << o.err);
  REQUIRE(o.exit_code == 0);
  return json::parse(o.out);
}

}  // namespace

TEST_CASE("ssddetect and ssdeval find as much on a GPU as on the CPU, with the same scores") {
  if (!have_gpu()) return;
  const TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=3 eval.every_steps=0").exit_code == 0);
  const std::string model = " --checkpoint run/last.safetensors --device ";
  const std::string detect = program("ssddetect").string() + model,
                    evaluate = program("ssdeval").string() + model;
  const std::string more = " --batch 3 --max 7 --score-threshold 0.001 data/images";
  const json cpu = found_by(place, detect + "cpu" + more);
  REQUIRE(cpu.size() > 100);
  for (int start : {1, 2}) {  // plans of convolutions are made, then found in the cache
    INFO("start " << start);
    const json gpu = found_by(place, detect + "cuda:0" + more);
    REQUIRE(gpu.size() == cpu.size());
    for (size_t i = 0; i < gpu.size(); ++i) {
      CHECK(gpu[i].at("image_id") == cpu[i].at("image_id"));
      CHECK(std::fabs(gpu[i].at("score").get<double>() - cpu[i].at("score").get<double>()) <
            kScoresApart);
    }
  }
  CHECK(found_by(place, evaluate + "cuda:0 --json").at("detections") ==
        found_by(place, evaluate + "cpu --json").at("detections"));
}
