// What a resumed run says of, and does to, files of its folder that are missing or damaged.
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::text_of, tests::TrainingPlace, tests::write_text;
namespace fs = std::filesystem;

namespace {

const char* const kMetric = "DetectionBoxes_Precision/mAP";

// A run of four steps, and copies of it that are damaged and then resumed.
class Runs {
 public:
  Runs() {
    const Outcome whole = place_.train("whole", "train.steps=4 log.every_steps=1");
    INFO(whole.err);
    REQUIRE(whole.exit_code == 0);
    renew();
  }

  void renew() const {
    fs::remove_all(at(""));
    fs::copy(place_.at("whole"), at(""), fs::copy_options::recursive);
  }
  std::string at(const std::string& name) const { return place_.at("run/" + name); }
  std::string whole(const std::string& name) const { return text_of(place_.at("whole/" + name)); }

  // Goes on, and stops before a step, so that no evaluation could write a file anew.
  std::string resumed() const {
    const Outcome o = place_.ssdtrain("--resume run train.steps=8 time_budget_minutes=0.00001");
    INFO(o.err);
    CHECK(o.exit_code == int(base::ExitCode::stopped_early));
    return o.err;
  }

 private:
  TrainingPlace place_;
};

void cut(const std::string& path) {
  const std::string text = text_of(path);
  REQUIRE(text.size() > 20);
  write_text(path, text.substr(0, text.size() / 2));
}

std::string without_step(const std::string& metrics) {
  json j = json::parse(metrics);
  j.erase("step");
  return j.dump();
}

}  // namespace

TEST_CASE("a run that goes on with all its files has no warning") {
  const Runs runs;
  CHECK_THAT(runs.resumed(), !Contains("warning: "));
  for (const char* name : {"metrics.json", "per_class.csv", "detections.json", "results.csv"})
    CHECK(text_of(runs.at(name)) == runs.whole(name));
}

TEST_CASE("metrics.json and per_class.csv come back from the detections") {
  const Runs runs;
  const auto check = [&](const char* name, const char* words, bool keeps) {
    CAPTURE(name, words);
    const std::string damaged = text_of(runs.at(name));
    CHECK_THAT(runs.resumed(),
               Contains(std::string("warning: ") + name + " of the best evaluation") &&
                   Contains(words) && Contains("written anew from detections.json"));
    CHECK(text_of(runs.at(name)) == runs.whole(name));
    CHECK(fs::exists(runs.at(name) + std::string(".damaged")) == keeps);
    if (keeps) CHECK(text_of(runs.at(name) + std::string(".damaged")) == damaged);
    CHECK_THAT(runs.resumed(), !Contains("warning: "));  // once
    runs.renew();
  };
  cut(runs.at("metrics.json"));
  check("metrics.json", "damaged (no whole JSON object", true);
  write_text(runs.at("metrics.json"), without_step(runs.whole("metrics.json")));
  check("metrics.json", "damaged (no whole JSON object", true);
  write_text(runs.at("metrics.json"), "");
  check("metrics.json", "is empty", false);
  fs::remove(runs.at("metrics.json"));
  check("metrics.json", "is missing", false);
  fs::remove(runs.at("per_class.csv"));
  check("per_class.csv", "is missing", false);
  write_text(runs.at("per_class.csv"), "id,na");
  check("per_class.csv", "is damaged", true);
}

TEST_CASE("without good detections metrics.json gets what the checkpoint knows") {
  const Runs runs;
  cut(runs.at("metrics.json"));
  cut(runs.at("detections.json"));
  CHECK_THAT(runs.resumed(),
             Contains("warning: detections.json of the best evaluation is damaged (") &&
                 Contains("written at the next better one") &&
                 Contains("only what the checkpoint knows") &&
                 Contains("ssdeval --checkpoint run/best.safetensors computes the rest"));
  const json known = json::parse(text_of(runs.at("metrics.json")));
  const json whole = json::parse(runs.whole("metrics.json"));
  CHECK(known["step"] == whole["step"]);
  CHECK(known[kMetric] == whole[kMetric]);
  CHECK_THAT(known["incomplete"].get<std::string>(), Contains("ssdeval"));
  CHECK(fs::exists(runs.at("metrics.json.damaged")));
  CHECK(fs::exists(runs.at("detections.json.damaged")));
  CHECK_THAT(text_of(runs.at("report.html")), Contains("This part is missing: "));

  write_text(runs.at("metrics.json"), "{");  // the first one stays
  runs.resumed();
  CHECK(text_of(runs.at("metrics.json.damaged.2")) == "{");
}

TEST_CASE("metrics of an earlier step than the checkpoint's best are called so") {
  const Runs runs;
  json metrics = json::parse(runs.whole("metrics.json"));
  metrics["step"] = 2;
  write_text(runs.at("metrics.json"), metrics.dump());
  CHECK_THAT(runs.resumed(),
             Contains("are of step 2, but the best evaluation so far was after step "
                      "4"));
  CHECK(text_of(runs.at("metrics.json")) == metrics.dump());
}

TEST_CASE("damaged lines of the logs are left out and kept aside") {
  const Runs runs;
  const auto check = [&](const std::string& name, const std::string& bad) {
    CAPTURE(name);
    std::string text = runs.whole(name);
    if (name == "summary.json") text.erase(text.rfind("DLLL "));  // of the whole run
    std::string damaged = text;
    damaged.insert(damaged.find('\n') + 1, bad);
    write_text(runs.at(name), damaged);
    CHECK_THAT(runs.resumed(), Contains("warning: " + name + ": 1 of ") &&
                                   Contains("is damaged and left out; the file as it was is " +
                                            name + ".damaged"));
    CHECK(text_of(runs.at(name)).starts_with(text));
    CHECK(text_of(runs.at(name + ".damaged")) == damaged);
  };
  check("results.csv", "1,2\n");
  runs.renew();
  check("results.csv", "not a row\n");
  runs.renew();
  check("summary.json", "DLLL {\n");
}

TEST_CASE("a log that is missing or is no log any more is told, and begins anew") {
  const Runs runs;
  fs::remove(runs.at("results.csv"));
  write_text(runs.at("summary.json"), "");
  CHECK_THAT(runs.resumed(),
             Contains("warning: results.csv is missing or empty; it begins anew after step 4") &&
                 Contains("warning: summary.json is missing or empty"));
  runs.renew();
  write_text(runs.at("results.csv"), "something else\n1,2\n");
  CHECK_THAT(runs.resumed(),
             Contains("results.csv: its first line does not name its columns; it "
                      "begins anew, and the file as it was is results.csv.damaged"));
  CHECK(text_of(runs.at("results.csv.damaged")) == "something else\n1,2\n");
  runs.renew();
  write_text(runs.at("results.csv"), "step,loss\n1,2\n");
  CHECK_THAT(runs.resumed(), Contains("its columns are others") && Contains("results.csv.old"));
}

TEST_CASE("damaged events of TensorBoard are told, and a copy is kept") {
  const Runs runs;
  std::string path;
  for (const auto& entry : fs::directory_iterator(runs.at("")))
    if (entry.path().filename().string().starts_with("events.out")) path = entry.path();
  std::string bytes = text_of(path);
  REQUIRE(bytes.size() > 400);
  bytes[bytes.size() / 2] ^= 1;
  write_text(path, bytes);
  CHECK_THAT(runs.resumed(), Contains("damaged from byte ") && Contains("is events.damaged"));
  CHECK(text_of(runs.at("events.damaged")) == bytes);
  CHECK(bytes.starts_with(text_of(path)));
}

TEST_CASE("a damaged env.json is told and written anew") {
  const Runs runs;
  cut(runs.at("env.json"));
  CHECK_THAT(runs.resumed(), Contains("env.json is no whole JSON; it was written anew"));
  CHECK(json::parse(text_of(runs.at("env.json"))).contains("versions"));
  CHECK(fs::exists(runs.at("env.json.damaged")));
}
