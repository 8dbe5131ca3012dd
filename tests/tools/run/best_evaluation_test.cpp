// A best checkpoint is never lost to a worse one, when a run goes back or changes its data.
#include <nlohmann/json.hpp>

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/tools/edited_data.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
using tests::Outcome, tests::step_of, tests::text_of, tests::TrainingPlace;
namespace fs = std::filesystem;

namespace {

const char* const kFiles[] = {"best.safetensors", "metrics.json", "per_class.csv",
                              "detections.json"};

// A run of twelve steps with checkpoints after 4, 8 and 12, and evaluations after 8 and 12.
struct Whole : TrainingPlace {
  std::map<std::string, std::string> files;
  std::string step;  // of the best evaluation

  Whole() : TrainingPlace(12, 4) {
    const Outcome o = train("run", "eval.every_steps=8 checkpoint.every_steps=4 checkpoint.keep=9");
    INFO(o.err);
    REQUIRE(o.exit_code == 0);
    for (const char* name : kFiles) files[name] = text_of(at(std::string("run/") + name));
    step = std::to_string(step_of(at("run/best.safetensors")));
  }

  void check_kept() const {
    for (const auto& [name, text] : files) {
      CAPTURE(name);
      CHECK((text_of(at("run/" + name + ".of_step_" + step)) == text));
    }
  }
};

}  // namespace

TEST_CASE("a run that goes back in its folder keeps the best checkpoint of its earlier course") {
  const Whole whole;
  const Outcome o = whole.ssdtrain(
      "--resume run/step_000000004.safetensors train.steps=6 eval.every_steps=0 "
      "checkpoint.every_steps=0");
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("best.safetensors is of step " + whole.step) &&
                        Contains("it is now best.safetensors.of_step_" + whole.step));
  whole.check_kept();
  CHECK(step_of(whole.at("run/best.safetensors")) == 6);
}

TEST_CASE("the best evaluation on other validation data is no measure for the next ones") {
  const Whole whole;
  auto data = tests::annotations_of(whole, "val");
  data["annotations"].erase(data["annotations"].size() - 1);
  const Outcome o = whole.ssdtrain("--resume run train.steps=14 " +
                                   tests::use_annotations(whole, "val", "fewer", data));
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("the best evaluation so far, of step " + whole.step +
                             ", was on other validation data") &&
                        Contains("it is now best.safetensors.of_step_" + whole.step) &&
                        !Contains("damaged"));
  whole.check_kept();
  CHECK(step_of(whole.at("run/best.safetensors")) == 14);
}

TEST_CASE("a run that goes on where it was has no second best checkpoint") {
  const Whole whole;
  const Outcome o = whole.ssdtrain("--resume run train.steps=14");
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  CHECK_THAT(o.err, !Contains("it is now"));
  for (const auto& entry : fs::directory_iterator(whole.at("run")))
    CHECK_THAT(entry.path().filename().string(), !Contains("of_step"));
}

TEST_CASE("a best.safetensors of another step does not stay under that name") {
  const Whole whole;
  const std::string best = whole.at("run/best.safetensors");
  const std::string other = text_of(whole.at("run/step_000000004.safetensors"));
  fs::remove(best);  // it is the same file as the checkpoint of its step
  base::write_file(best, other);
  const Outcome o = whole.ssdtrain("--resume run train.steps=13 eval.every_steps=0");
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("it is now best.safetensors.of_step_4") &&
                        Contains("which is of the best step " + whole.step));
  CHECK(fs::exists(best + ".of_step_4"));
}

TEST_CASE("a damaged best.safetensors is replaced by another checkpoint of its step") {
  const Whole whole;
  const std::string best = whole.at("run/best.safetensors");
  fs::remove(best);  // it is the same file as the checkpoint of its step
  base::write_file(best, whole.files.at("best.safetensors").substr(0, 1000));
  const Outcome o = whole.ssdtrain("--resume run train.steps=13 time_budget_minutes=0.00001");
  INFO(o.err);
  CHECK_THAT(o.err, Contains("best.safetensors is damaged; it is kept as "
                             "best.safetensors.damaged, and ") &&
                        Contains(", which is of the same step " + whole.step + ", takes"));
  for (const auto& [name, text] : whole.files) {
    CAPTURE(name);
    CHECK((text_of(whole.at("run/" + name)) == text));
  }
}

TEST_CASE("files of a later evaluation do not stay beside a best.safetensors of an earlier step") {
  const Whole whole;
  const std::string best = whole.at("run/best.safetensors");
  fs::remove(best);  // it is the same file as the checkpoint of its step
  base::write_file(best, whole.files.at("best.safetensors").substr(0, 1000));
  auto metrics = nlohmann::json::parse(whole.files.at("metrics.json"));
  metrics["step"] = 20;
  base::write_file(whole.at("run/metrics.json"), metrics.dump());
  const Outcome o = whole.ssdtrain("--resume run train.steps=13 time_budget_minutes=0.00001");
  INFO(o.err);
  CHECK_THAT(o.err, Contains("metrics.json and the other files of that evaluation are of step 20"));
  CHECK(text_of(whole.at("run/metrics.json.of_step_20")) == metrics.dump());
  for (const char* name : {"per_class.csv", "detections.json"}) {
    CAPTURE(name);
    CHECK(text_of(whole.at(std::string("run/") + name + ".of_step_20")) == whole.files.at(name));
  }
  CHECK_THAT(text_of(whole.at("run/metrics.json")), Contains("\"step\": " + whole.step));
}
