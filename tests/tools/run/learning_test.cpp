// A detector learns a few pictures by heart: the sign of every gradient is right, and all the parts
// of a training belong together.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/scale.h"
#include "tests/support/tools/training_run.h"

using nlohmann::json;

namespace {

// The small base configuration, without augmentation and decay, on the eight training images.
std::string arguments(int seed, int steps) {
  const std::string base = (tests::source_dir() / "configs/small_base.json").string();
  std::string text = fmt::format(
      "--config {} --output-dir run{} train.seed={} train.steps={} train.batch_size=8 "
      "train.schedule.reference_batch=8 train.weight_decay=0 train.device=cpu train.threads=2 "
      "model.input_height=96 model.input_width=96 log.every_steps=1 data.augment.crop.kind=none "
      "data.augment.flip_probability=0 data.cache_mib=16",
      base, seed, seed, steps);
  for (const char* part : {"train", "val"})
    text += fmt::format(
        " data.{}.annotations=data/annotations/instances_train.json data.{}.images=data/images",
        part, part);
  return text;
}

}  // namespace

TEST_CASE("eight pictures are learnt by heart, with every seed") {
  const bool full = tests::full_scale();
  const int steps = full ? 300 : 250;
  const tests::TrainingPlace place(8, 1);
  for (int seed = 1; seed <= (full ? 5 : 1); ++seed) {
    const tests::Outcome outcome = place.ssdtrain(arguments(seed, steps));
    INFO("seed " << seed << "\n" << outcome.err);
    REQUIRE(outcome.exit_code == 0);
    const std::string run = "run" + std::to_string(seed);
    const std::vector<tests::Row> rows = tests::results_of(place.at(run));
    REQUIRE(rows.size() >= size_t(steps));
    const auto loss = [&](int step) {
      return std::stod(rows[size_t(step) - 1].at("Loss/total_loss"));
    };
    CHECK(loss(steps) <= 0.05 * loss(1));
    const json metrics = json::parse(tests::text_of(place.at(run + "/metrics.json")));
    CHECK(metrics.at("DetectionBoxes_Precision/mAP").get<double>() >= 0.95);
  }
}
