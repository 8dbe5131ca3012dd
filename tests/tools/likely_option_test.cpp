// What was most likely meant by a word that a program does not know is told with the error.
#include "tools/options/likely_option.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains, Catch::StartsWith;
using tests::Outcome, tests::TrainingPlace;
using tools::meant_by_option, tools::meant_by_value, tools::PossibleWords;

TEST_CASE("an option that is a key, or the end of one, is told as the key with its value") {
  const PossibleWords keys{.options = {"--init-from"}, .takes_keys = true};
  for (const auto& [word, meant] : {std::pair("--train.epochs=5", "train.epochs=5"),
                                    {"--train.epochs", "train.epochs=VALUE"},
                                    {"--epochs", "train.epochs=VALUE"},
                                    {"--batch-size=8", "train.batch_size=8"},
                                    {"--batch_size=8", "train.batch_size=8"},
                                    {"--lr=0.1", "train.schedule.base_rate=0.1"},
                                    {"--annotations=a=b", "data.train.annotations=a=b"}})
    CHECK(meant_by_option(word, keys) == meant);
  for (const char* word : {"--", "--epoch", "--train", "--no", "-e"})
    CHECK(meant_by_option(word, keys).empty());
  CHECK(meant_by_option("--epochs", {}).empty());
  // A program that does not train has keys, too, but these have no effect in it.
  for (const char* word : {"--epochs", "--lr", "--optimizer", "--train.epochs=5"})
    CHECK(meant_by_option(word, {.takes_keys = true}).empty());
  CHECK(meant_by_option("--threads=2", {.takes_keys = true}) == "data.threads=2");
}

TEST_CASE("an option that has another name in other programs is told if ours is there") {
  const PossibleWords words{.options = {"--score-threshold", "--checkpoint"}, .takes_images = true};
  CHECK(meant_by_option("--conf", words) == "--score-threshold");
  CHECK(meant_by_option("--conf-thres=0.5", words) == "--score-threshold");
  CHECK(meant_by_option("--weights", words) == "--checkpoint");
  CHECK_THAT(meant_by_option("--source", words), Contains("without an option"));
  CHECK(meant_by_option("--iou-thres", words).empty());
  CHECK(meant_by_option("--source", {}).empty());
}

TEST_CASE("a value without its option is told with the option, if that was not given") {
  CHECK(meant_by_value("run.json", {"--config"}) == "--config run.json");
  CHECK(meant_by_value("base.json", {"--annotations"}) == "--annotations base.json");
  CHECK(meant_by_value("a.config", {"--config", "--from-pipeline"}) == "--from-pipeline a.config");
  CHECK(meant_by_value("x/best.safetensors", {"--checkpoint"}) ==
        "--checkpoint x/best.safetensors");
  CHECK(meant_by_value("run.json", {"--checkpoint"}).empty());
  CHECK(meant_by_value("photos", {"--config", "--checkpoint"}).empty());
}

TEST_CASE("each program tells what was meant") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  const char* const kVal = "data/annotations/instances_val.json";
  for (const auto& [program, arguments, words] :
       {std::tuple("ssdtrain", std::string("tiny.json"),
                   "unexpected argument tiny.json, did you mean --config tiny.json?"),
        {"ssdtrain", "--config tiny.json --train.epochs=5",
         "unknown option --train.epochs, did you mean train.epochs=5?"},
        {"ssdtrain", "--config tiny.json --epochs 5",
         "unknown option --epochs, did you mean train.epochs=VALUE?"},
        {"ssdtrain", "--resume auto", "give that, too, with --config"},
        {"ssddetect", "run data/images",
         "--checkpoint is required, did you mean --checkpoint run?"},
        {"ssddetect", "run/last.safetensors data/images",
         "did you mean --checkpoint run/last.safetensors?"},
        {"ssddetect", "--weights run data/images", "did you mean --checkpoint?"},
        {"ssdexport", "run --onnx x.onnx", "did you mean --checkpoint run?"},
        {"ssddata", std::string("stats ") + kVal, "did you mean --annotations data/annotations/"},
        {"ssdeval", "run", "unexpected argument run, did you mean --checkpoint run?"},
        {"ssdeval", std::string(kVal) + " --checkpoint run", "did you mean --annotations "}}) {
    const Outcome o = tests::run(
        fmt::format("cd {} && {} {}", place.at(""), tests::program(program).string(), arguments));
    INFO(program << " " << arguments << "\n" << o.err);
    CHECK(o.exit_code == 2);
    CHECK(std::count(o.err.begin(), o.err.end(), '\n') == 1);
    CHECK_THAT(o.err, StartsWith(std::string(program) + ": ") && Contains(words));
  }
}
