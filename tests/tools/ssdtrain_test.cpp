// ssdtrain from outside: what it refuses, what a run leaves behind, stopping and going on.
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/tools/edited_data.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::damage, tests::interrupted, tests::Outcome, tests::results_of, tests::step_of,
    tests::tensors_of;
using tests::TrainingPlace;

namespace {

int64_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

void check_refused(const Outcome& outcome, int code, const std::string& message) {
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(lines(outcome.err) == 1);
  CHECK_THAT(outcome.err, Contains(message));
}

void check_same(const std::string& a, const std::string& b) {
  CHECK((tensors_of(a + "/last.safetensors") == tensors_of(b + "/last.safetensors")));
  CHECK((results_of(a) == results_of(b)));
}

void check_steps(const std::string& run, int64_t last) {
  const std::vector<tests::Row> rows = results_of(run);
  REQUIRE(rows.size() == size_t(last));
  for (size_t i = 0; i < rows.size(); ++i) CHECK(rows[i].at("step") == std::to_string(i + 1));
}

void resume_and_compare(const TrainingPlace& place, const std::string& run) {
  const int64_t end = step_of(place.at(run) + "/last.safetensors") + 3;
  const std::string more = "eval.every_steps=0 train.steps=" + std::to_string(end);
  REQUIRE(place.train(run, "--resume auto " + more).exit_code == 0);
  REQUIRE(place.train("whole", more).exit_code == 0);
  check_same(place.at(run), place.at("whole"));
  check_steps(place.at(run), end);
}

}  // namespace

TEST_CASE("a run leaves behind what the documentation lists") {
  TrainingPlace place;
  const Outcome outcome = place.train("run");
  CAPTURE(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
  const std::string run = place.at("run");
  for (const char* name :
       {"config.json", "cmdline.txt", "env.json", "train.log", "summary.json", "results.csv",
        "last.safetensors", "best.safetensors", "metrics.json", "per_class.csv", "detections.json",
        "last_metrics.json", "last_per_class.csv", "last_detections.json", "samples/00.jpg"})
    CHECK(fs::file_size(fs::path(run) / name) > 0);
  CHECK(nlohmann::json::parse(tests::text_of(run + "/metrics.json")).is_object());
  CHECK(nlohmann::json::parse(tests::text_of(run + "/detections.json")).is_array());
  std::string events;
  for (const auto& entry : fs::directory_iterator(run))
    if (entry.path().filename().string().starts_with("events.out.tfevents."))
      events += tests::text_of(entry.path());
  CHECK(events.size() > 1000);
  CHECK_THAT(events,
             Contains("samples/00") && Contains(tests::text_of(fs::path(run) / "samples/00.jpg")));
  check_steps(run, 12);
  CHECK(results_of(run)[3].at("DetectionBoxes_Precision/mAP") != "");
  check_refused(place.train("run"), 2, "holds a run already");
}

TEST_CASE("help, printed configurations and dry runs write nothing") {
  TrainingPlace place;
  const Outcome help = place.ssdtrain("-h");
  CHECK(help.exit_code == 0);
  CHECK(lines(help.out) <= 60);
  const Outcome keys = place.ssdtrain("--help-config");
  CHECK(keys.exit_code == 0);
  CHECK_THAT(keys.out, Contains("schedule"));
  CHECK(lines(place.ssdtrain("--help-config train.schedule").out) < lines(keys.out) / 3);
  const Outcome printed = place.train("run", "--print-config train.batch_size=3");
  CHECK(printed.exit_code == 0);
  CHECK(nlohmann::json::parse(printed.out)["train"]["batch_size"] == 3);
  const Outcome dry = place.train("run", "--dry-run");
  CHECK(dry.exit_code == 0);
  CHECK_THAT(dry.out, Contains("one step: total loss"));
  CHECK_FALSE(fs::exists(place.at("run")));
  CHECK_FALSE(fs::exists(place.at("runs")));
}

TEST_CASE("configuration errors: one line, at once, nothing on the disk") {
  TrainingPlace place(4, 4);
  const std::pair<const char*, const char*> cases[] = {
      {"--config nowhere.json", "nowhere.json"},
      {"", "--config is missing"},
      {"--confg tiny.json", "did you mean --config"},
      {"--config tiny.json train.batchsize=3", "batch_size"},
      {"--config tiny.json train.batch_size=many", "train.batch_size"},
      {"--config tiny.json train.batch_size=0", "train.batch_size"},
      {"--config tiny.json model.input_height=65", "multiple of 32"},
      {"--config tiny.json train.epochs=2", "train.epochs"},
      {"--config tiny.json --device tpu", "train.device"},
      {"--config tiny.json --precision fp8", "--precision: expected fp32 or tf32"},
      {"--config tiny.json --seed -1", "seed"},
      {"--config tiny.json model.batch_norm.mode=frozen", "init_from"},
      {"--config tiny.json 'train.freeze=[\"nonesuch\"]'", "nonesuch"},
      {"--config tiny.json data.val.annotations=\"\" data.val.images=\"\"", "eval.every_steps"}};
  for (const auto& [arguments, message] : cases) {
    CAPTURE(arguments);
    check_refused(place.ssdtrain(arguments + std::string(" output_dir=run")), 2, message);
    CHECK_FALSE(fs::exists(place.at("run")));
    CHECK_FALSE(fs::exists(place.at("runs")));
  }
}

TEST_CASE("data errors and missing devices have codes of their own") {
  TrainingPlace place;
  check_refused(place.train("run", "data.train.annotations=gone.json"), 3, "gone.json");
  check_refused(place.train("run", "--init-from gone.safetensors"), 4, "gone.safetensors");
  check_refused(place.train("run", "--resume gone.safetensors"), 4, "gone.safetensors");
  CHECK_FALSE(fs::exists(place.at("run")));
  if (place.ssdtrain("--version").out.find("CUDA: no") != std::string::npos)
    check_refused(place.train("run", "--device cuda"), 6, "cuda");

  const auto truth =
      nlohmann::json::parse(tests::text_of(place.at("data/annotations/instances_train.json")));
  const std::string name = truth["images"][20]["file_name"];
  std::ofstream(place.at("data/images/" + name)) << "no picture";
  const Outcome ended = place.train("ended", "checkpoint.every_steps=1");
  CHECK(ended.exit_code == 3);
  CHECK_THAT(ended.err, Contains(name));
  // One of 24 is more than may be skipped.
  CHECK_THAT(ended.err, Contains("1 of 24 (4.2 %) images cannot be used; mend them, or leave them "
                                 "out of the data"));
  const Outcome too_many = place.train("skipped", "data.on_bad_image=skip");
  CHECK(too_many.exit_code == 3);  // one of 24 is more than 1 %
}

TEST_CASE("an image that is skipped is told, and training goes on") {
  TrainingPlace place(120, 4);
  const auto truth =
      nlohmann::json::parse(tests::text_of(place.at("data/annotations/instances_train.json")));
  const std::string name = truth["images"][7]["file_name"];
  std::ofstream(place.at("data/images/" + name)) << "no picture";
  const Outcome outcome =
      place.train("run", "data.on_bad_image=skip eval.every_steps=0 train.steps=30");
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("skipped image 1: ") && Contains(name));
  CHECK_THAT(tests::text_of(place.at("run/train.log")), Contains("skipped image 1: "));
}

TEST_CASE("a run that diverges ends with its own code, and its checkpoints stay good") {
  TrainingPlace place;
  const Outcome outcome = place.train(
      "run",
      "train.schedule.base_rate=1e6 train.schedule.warmup_rate=1e6 train.steps=100 "
      "checkpoint.every_steps=1 eval.every_steps=0 train.loss_scale.max_consecutive_skips=3");
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 5);
  CHECK_THAT(outcome.err, Contains("training diverged"));
  CHECK(step_of(place.at("run/last.safetensors")) > 0);
}

TEST_CASE("the same seed gives the same bits, another seed others") {
  TrainingPlace place;
  for (const char* threads : {"1", "2"}) {
    const std::string more = std::string("train.steps=5 train.threads=") + threads;
    const std::string a = std::string("a") + threads, b = std::string("b") + threads;
    REQUIRE(place.train(a, more).exit_code == 0);
    REQUIRE(place.train(b, more + " data.threads=1").exit_code == 0);
    check_same(place.at(a), place.at(b));
  }
  REQUIRE(place.train("c", "train.steps=5 --seed 2").exit_code == 0);
  CHECK(
      (tensors_of(place.at("a1/last.safetensors")) != tensors_of(place.at("c/last.safetensors"))));
}

TEST_CASE("SIGTERM and SIGUSR1 save and end with 75; going on is as if nothing had happened") {
  const std::string signal = GENERATE("TERM", "USR1");
  TrainingPlace place;
  const Outcome outcome = interrupted(place, "run", "kill -" + signal + " $p;");
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 75);
  CHECK_THAT(outcome.err, Contains("stopped by SIG" + signal));
  resume_and_compare(place, "run");
}

TEST_CASE("kill -9 loses nothing but the steps since the checkpoint") {
  TrainingPlace place;
  CHECK(interrupted(place, "run", "kill -KILL $p;").exit_code == 128 + 9);
  resume_and_compare(place, "run");
}

TEST_CASE("a second signal ends the run at once, and the old checkpoint stays good") {
  TrainingPlace place;
  const Outcome outcome =
      interrupted(place, "run", "kill -STOP $p; kill -TERM $p; kill -INT $p; kill -CONT $p;");
  CHECK((outcome.exit_code == 143 || outcome.exit_code == 130));
  resume_and_compare(place, "run");
}

TEST_CASE("the time budget ends a run with 75") {
  TrainingPlace place;
  const Outcome outcome = place.train("run", "time_budget_minutes=0.002 train.steps=100000");
  CHECK(outcome.exit_code == 75);
  CHECK_THAT(outcome.err, Contains("time budget"));
  CHECK(step_of(place.at("run/last.safetensors")) >= 0);
}

TEST_CASE("a damaged checkpoint is passed over, never silently; none good is an error") {
  TrainingPlace place;
  const std::string run = place.at("run");
  REQUIRE(place.train("run").exit_code == 0);
  const auto whole = tensors_of(run + "/last.safetensors");
  damage(run + "/last.safetensors");
  const Outcome outcome = place.train("run", "--resume auto");
  CAPTURE(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Contains("run/last.safetensors: ") &&
                              Contains("using run/previous.safetensors instead, of step 8"));
  CHECK((tensors_of(run + "/last.safetensors") == whole));
  CHECK(step_of(run + "/previous.safetensors") == 8);  // not the damaged one
  check_steps(run, 12);

  fs::remove(run + "/last.safetensors");
  CHECK(place.train("run", "--resume auto").exit_code == 0);
  CHECK((tensors_of(run + "/last.safetensors") == whole));

  for (const char* name : {"last", "previous", "best"}) damage(run + "/" + name + ".safetensors");
  const Outcome none = place.train("run", "--resume auto");
  CHECK(none.exit_code == 4);
  CHECK_THAT(none.err, Contains("no checkpoint can be resumed"));
}

TEST_CASE("the checkpoint of another model is refused by key") {
  TrainingPlace place;
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const std::string resume = "--resume run/last.safetensors ";
  check_refused(place.train("other", resume + "model.fpn_channels=24"), 4,
                "another model: model.fpn_channels 16 -> 24");
  check_refused(place.train("other", resume + "model.head_depth=2"), 4, "model.head_depth 1 -> 2");
  check_refused(place.train("other", resume + "model.num_classes=7"), 4, "num_classes 7");
  CHECK_FALSE(fs::exists(place.at("other")));
}

TEST_CASE("--resume auto without a run begins one, even where one never got to a checkpoint") {
  TrainingPlace place;
  const std::string more = "--resume auto train.steps=2 eval.every_steps=0";
  const Outcome first = place.train("run", more);
  CHECK(first.exit_code == 0);
  CHECK_THAT(first.err, Contains("starting at step 0"));
  for (const char* name : {"last", "previous", "best"})
    fs::remove(place.at("run/" + std::string(name) + ".safetensors"));
  const Outcome again = place.train("run", more);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, Contains("starting at step 0"));
  check_steps(place.at("run"), 2);
  // A checkpoint alone is enough to go on, and names the folder even when that was moved.
  fs::rename(place.at("run"), place.at("moved"));
  CHECK(place.ssdtrain("--resume moved/last.safetensors train.steps=3").exit_code == 0);
  CHECK(step_of(place.at("moved/last.safetensors")) == 3);
  CHECK_FALSE(fs::exists(place.at("run")));
}

TEST_CASE("--resume auto says where it looked, and which other folders it could have meant") {
  TrainingPlace place;
  const std::string few = " train.steps=1 eval.every_steps=0";
  const auto begin = [&](const std::string& more) {
    return place.ssdtrain("--config tiny.json --resume auto " + more + few).err;
  };
  const std::string first = begin("name=old");
  CHECK_THAT(first, Contains("runs/old has no run with a checkpoint; starting at step 0") &&
                        !Contains("note: "));
  CHECK_THAT(begin("name=new"),
             Contains("runs/new has no run with a checkpoint; starting at step 0") &&
                 Contains("runs/old/1 has a checkpoint of the same model and training data") &&
                 Contains("give --resume runs/old/1"));
  CHECK_THAT(begin("name=third"), Contains("runs/new/1, runs/old/1 have checkpoints"));
  CHECK_THAT(begin("name=other model.fpn_channels=24"), !Contains("of the same model"));
  CHECK_THAT(begin("--output-dir runs/mine"),
             Contains("runs/mine has no checkpoint; starting at step 0") &&
                 Contains("runs/new/1, runs/old/1"));
  CHECK_THAT(begin("name=old"), !Contains("starting at step 0"));
}

TEST_CASE("two programs do not share a folder") {
  TrainingPlace place;
  const Outcome outcome = interrupted(
      place, "run",
      place.command("--config tiny.json --resume auto --output-dir run").insert(0, "(") +
          "); echo second $?; kill -TERM $p;");
  CHECK(outcome.exit_code == 75);
  CHECK_THAT(outcome.out, Contains("second 2"));
  CHECK_THAT(outcome.err, Contains("in use by another program"));
}

TEST_CASE("a metric that cannot be measured is no value in a table or a log") {
  TrainingPlace place(8, 4);
  nlohmann::json data = tests::annotations_of(place, "val");
  nlohmann::json seen = nlohmann::json::array();
  for (const nlohmann::json& a : data["annotations"])
    if (a["category_id"] != 1) seen.push_back(a);
  data["annotations"] = seen;
  const Outcome o = place.train(
      "run", "train.steps=2 eval.every_steps=2" + tests::use_annotations(place, "val", "v", data));
  INFO(o.err);
  REQUIRE(o.exit_code == 0);
  // The pictures are too small for large objects.
  const std::string large = "DetectionBoxes_Precision/mAP (large)";
  const tests::Row row = results_of(place.at("run")).back();
  CHECK(row.at(large) == "");
  CHECK(row.at("DetectionBoxes_Precision/mAP") != "");
  const std::string summary = tests::text_of(place.at("run/summary.json"));
  CHECK_THAT(summary, Contains("Precision/mAP (small)") && !Contains("(large)"));
  for (const auto& entry : fs::directory_iterator(place.at("run")))
    if (entry.path().filename().string().starts_with("events."))
      CHECK_THAT(tests::text_of(entry.path()), Contains("(small)") && !Contains("(large)"));
  const std::string table = tests::text_of(place.at("run/per_class.csv"));
  CHECK_THAT(table,
             Contains("\n1,circle,,,,,0,0,") && Contains("\n2,square,0") && !Contains(",-1"));
  const Outcome evaluated =
      tests::run("cd " + place.at("") + " && " + tests::program("ssdeval").string() +
                 " --annotations v.json --images data/images --detections run/detections.json "
                 "--per-class c.csv");
  CHECK(evaluated.exit_code == 0);
  CHECK(tests::text_of(place.at("c.csv")) == table);
  // As in COCO.
  CHECK(nlohmann::json::parse(tests::text_of(place.at("run/metrics.json")))[large] == -1);
}
