// A run that goes back in its folder loses nothing of its later steps.
#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
using tests::Outcome, tests::step_of, tests::text_of, tests::TrainingPlace;
namespace fs = std::filesystem;

namespace {

const char* const kLogs[] = {"results.csv", "summary.json", "train.log"};
const char* const kResults[] = {"report.html", "last_metrics.json", "last_per_class.csv",
                                "last_detections.json"};

std::string events_of(const TrainingPlace& place) {
  for (const auto& entry : fs::directory_iterator(place.at("run")))
    if (entry.path().filename().string().starts_with("events.out.tfevents."))
      return text_of(entry.path().string());
  return {};
}

int count_kept(const TrainingPlace& place) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(place.at("run")))
    count += entry.path().filename().string().find(".of_step_") != std::string::npos;
  return count;
}

}  // namespace

TEST_CASE("a run that goes back in its folder keeps the logs and results of its later steps") {
  const TrainingPlace place(12, 4);
  REQUIRE(place.train("run", "checkpoint.every_steps=4 checkpoint.keep=9").exit_code == 0);
  std::map<std::string, std::string> before;
  for (const char* name : kLogs) before[name] = text_of(place.at(std::string("run/") + name));
  for (const char* name : kResults) before[name] = text_of(place.at(std::string("run/") + name));
  before["events"] = events_of(place);
  const std::string back = "--resume run/step_000000004.safetensors checkpoint.every_steps=0 ";
  const Outcome o = place.ssdtrain(back + "train.steps=6");
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("note: the run in run goes back from step 12 to step 4. ") &&
                        Contains("kept there under names that end in .of_step_12"));
  for (const auto& [name, text] : before) {
    CAPTURE(name);
    CHECK((text_of(place.at("run/" + name + ".of_step_12")) == text));
  }
  CHECK(step_of(place.at("run/last.safetensors.of_step_12")) == 12);
  CHECK_THAT(text_of(place.at("run/results.csv")), !Contains("\n12,"));
  CHECK_THAT(text_of(place.at("run/results.csv.of_step_12")), Contains("\n12,"));
}

TEST_CASE("a run that goes back keeps everything once, and one that goes on keeps nothing") {
  const TrainingPlace place(12, 4);
  REQUIRE(place.train("run", "checkpoint.every_steps=4 checkpoint.keep=9").exit_code == 0);
  REQUIRE(place.ssdtrain("--resume run train.steps=14").exit_code == 0);
  CHECK(count_kept(place) == 0);
  // It takes no step, so that the next one goes back from step 14, too.
  const std::string back =
      "--resume run/step_000000004.safetensors train.steps=4 eval.every_steps=0";
  REQUIRE(place.ssdtrain(back).exit_code == 0);
  const int kept = count_kept(place);
  CHECK(kept > 8);
  REQUIRE(place.ssdtrain(back).exit_code == 0);
  CHECK(count_kept(place) == kept);
}
