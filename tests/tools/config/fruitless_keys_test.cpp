// Values with which nothing can come out are told, and values near them are not.
#include "tools/config/fruitless_keys.h"

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using config::RunConfig;

namespace {

using Settings = std::vector<std::string>;

RunConfig of(Settings settings) {
  settings.insert(settings.end(), {"data.val.annotations=a", "data.val.images=b"});
  return config::load_run_config("", settings);
}

}  // namespace

TEST_CASE("values with which a training gives nothing are told, one line each") {
  for (const auto& [settings, words] :
       {std::pair(Settings{"train.schedule.base_rate=0", "train.schedule.warmup_rate=0"},
                  "note: train.schedule.base_rate is 0"),
        {{"train.loss.classification_weight=0", "train.loss.localization_weight=0"},
         "train.loss.localization_weight are 0"},
        {{"train.loss.alpha=0"}, "train.loss.alpha is 0"},
        {{"train.loss.alpha=1"}, "train.loss.alpha is 1"},
        {{"train.clip_norm=1e-9"}, "train.clip_norm is less than a millionth"},
        {{"train.early_stopping.min_gain=1"}, "no evaluation is better than the first"},
        {{"eval.score_threshold=1"}, "so an evaluation finds nothing"}}) {
    const auto notes = fruitless_in_training(of(settings));
    CAPTURE(words);
    REQUIRE(notes.size() == 1);
    CHECK_THAT(notes[0], Contains(words));
  }
  CHECK(fruitless_in_evaluation(of({"eval.score_threshold=1"})).size() == 1);
}

TEST_CASE("values near those that give nothing are not told") {
  CHECK(fruitless_in_training(
            of({"train.schedule.base_rate=1e-9", "train.schedule.warmup_rate=0",
                "train.loss.classification_weight=0", "train.loss.alpha=0.01", "train.clip_norm=0",
                "train.early_stopping.min_gain=0.99", "eval.score_threshold=0.99"}))
            .empty());
  // AdamW divides by the gradient's own size.
  CHECK(fruitless_in_training(of({"train.optimizer.kind=adamw", "train.clip_norm=1e-9"})).empty());
  CHECK(fruitless_in_evaluation(of({"train.loss.alpha=0"})).empty());
  const RunConfig without_val = config::load_run_config("", {"eval.score_threshold=1"});
  CHECK(fruitless_in_training(without_val).empty());
}

TEST_CASE("the project's own configurations have no such value") {
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_dir() / "configs"))
    if (entry.path().extension() == ".json")
      CHECK(fruitless_in_training(config::load_run_config(entry.path().string(), {})).empty());
}
