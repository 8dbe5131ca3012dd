// What can be known before the first step is said before it; what breaks later saves a checkpoint.
#include <signal.h>
#include <sys/resource.h>

#include <cerrno>

#include "engine/base/write_error.h"
#include "engine/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/special_files.h"
#include "tests/support/tools/edited_data.h"
#include "tests/support/tools/training_job.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/loaded_model.h"
#include "tools/run/run_report.h"
#include "tools/run/trainer.h"

namespace fs = std::filesystem;
using Catch::Contains;
using nlohmann::json;
using tests::Outcome, tests::TrainingPlace;

namespace {

std::string image(const TrainingPlace& place, size_t index) {
  return place.at(
      "data/images/" +
      tests::annotations_of(place, "train")["images"][index]["file_name"].get<std::string>());
}

void check_refused(const Outcome& o, int code, const std::string& message) {
  CAPTURE(o.err);
  CHECK(o.exit_code == code);
  CHECK(std::count(o.err.begin(), o.err.end(), '\n') == 1);
  CHECK_THAT(o.err, Contains(message));
}

// A checkpoint of `config` with another entry in its metadata, checksum and all.
void rewrite(const std::string& from, const std::string& to, const std::string& key,
             const std::string& value) {
  const engine::SafetensorsFile file(from);
  std::vector<std::vector<char>> bytes;
  std::vector<engine::TensorToStore> tensors;
  for (const engine::StoredTensor& t : file.tensors()) {
    file.read(t, bytes.emplace_back(t.bytes).data());
    tensors.push_back({t.name, t.shape, t.dtype, bytes.back().data()});
  }
  auto metadata = file.metadata();
  metadata[key] = value;
  engine::write_safetensors(to, tensors, metadata);
}

size_t peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return size_t(usage.ru_maxrss) >> 10;
}

}  // namespace

TEST_CASE("images that are missing, cut short, no pictures or of another size are found at once") {
  TrainingPlace place(12, 4);
  const std::string path = image(place, 9);
  const std::string whole = tests::text_of(path);
  const std::string how = GENERATE("missing", "cut", "text", "folder", "size");
  fs::remove(path);
  if (how == "cut") std::ofstream(path) << whole.substr(0, whole.size() / 2);
  if (how == "text") std::ofstream(path) << "no picture";
  if (how == "folder") fs::create_directory(path);
  if (how == "size") fs::copy_file(image(place, 8), path);
  std::string more;
  if (how == "size") {
    json data = tests::annotations_of(place, "train");
    data["images"][9]["width"] = 95;
    more = tests::use_annotations(place, "train", "t", data);
  }
  CAPTURE(how);
  check_refused(place.train("run", more), 3, fs::path(path).filename().string());
  check_refused(place.train("run", "--dry-run " + more), 3,
                "1 of 12 (8.3 %) images cannot be used");
  CHECK_FALSE(fs::exists(place.at("run")));
}

TEST_CASE("the look-up is told with its time, for training and validation") {
  TrainingPlace place(4, 4);
  const Outcome o = place.train("run", "train.steps=1 eval.every_steps=0");
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.err, Contains("data.train: 4 image files looked up in ") &&
                        Contains("data.val: 4 image files looked up in "));
}

TEST_CASE("an image that breaks in the middle of a run costs no step") {
  tests::TrainingJob job(12, 4);
  const config::RunConfig config = config::load_run_config(
      "tiny.json", {"output_dir=run", "eval.every_steps=0", "train.steps=40", "data.queue=1"});
  run::Trainer trainer(config, nullptr);
  const run::RunFolder folder = run::RunFolder::create(trainer.config(), {});
  // The loader has read a few batches ahead; the others are still on the disk.
  for (size_t i = 0; i < 12; ++i) std::ofstream(image(job.place, i)) << "broken";
  const run::StopSignal stop;
  try {
    trainer.run(&folder, stop);
    FAIL("the run should have ended");
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::data);
    const std::string text = e.what();
    if (fs::exists("run/last.safetensors")) {
      const int64_t step = tests::step_of("run/last.safetensors");
      CHECK(step > 0);
      CHECK_THAT(text, Contains("; step " + std::to_string(step) + " is saved: mend the data") &&
                           Contains("--resume run"));
    } else {
      CHECK_THAT(text, !Contains("is saved"));
    }
  }
}

TEST_CASE("a validation image that breaks in the middle of a run costs no step either") {
  tests::TrainingJob job(12, 4);
  const config::RunConfig config =
      config::load_run_config("tiny.json", {"output_dir=run", "train.ema=0.9"});
  run::Trainer trainer(config, nullptr);
  const run::RunFolder folder = run::RunFolder::create(trainer.config(), {});
  const json val = tests::annotations_of(job.place, "val");
  std::ofstream("data/images/" + val["images"][1]["file_name"].get<std::string>()) << "broken";
  CHECK_THROWS_WITH(trainer.run(&folder, run::StopSignal()), Contains("; step 4 is saved"));
  REQUIRE(tests::step_of("run/last.safetensors") == 4);
  // The weights of the training were saved, not their averages that the evaluation works with.
  REQUIRE(job.train("other", {"train.ema=0.9", "train.steps=4", "eval.every_steps=0",
                              "data.val.annotations=\"\"", "data.val.images=\"\""}));
  CHECK((tests::tensors_of("run/last.safetensors") == tests::tensors_of("other/last.safetensors")));
}

TEST_CASE("a full disk in the middle of a run: it is said so, and what is kept") {
  const tests::TrainingJob job(12, 4);
  const auto trained = [&](const std::string& full, const std::string& more) {
    const config::RunConfig config =
        config::load_run_config("tiny.json", {"output_dir=" + full, more});
    run::Trainer trainer(config, nullptr);
    const run::RunFolder folder = run::RunFolder::create(trainer.config(), {});
    if (!tests::make_full_device(folder.file(full))) return std::string();
    try {
      trainer.run(&folder, run::StopSignal());
    } catch (const base::Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const std::string told = trained("detections.json", "train.steps=8");
  if (told.empty()) return;
  CHECK_THAT(told, Contains("detections.json: No space left on device") &&
                       Contains("; the disk is full; step 4 is saved: make room on it and go on "
                                "with --resume detections.json"));
  CHECK(tests::step_of("detections.json/last.safetensors") == 4);
  CHECK_THAT(trained("last_metrics.json", "train.steps=2"),
             Contains("; the disk is full; step 2 is saved: make room on it"));
  const run::RunFolder folder = run::RunFolder::open("last_metrics.json", {});
  const auto way_on = [&](int reason) {
    const base::WriteError error(base::ExitCode::checkpoint, "cannot write x", reason);
    run::fail_with_way_on(error, {}, &folder, 0);
  };
  CHECK_THROWS_WITH(way_on(EROFS),
                    Contains("x; the earlier last_metrics.json/last.safetensors is whole: mend "
                             "that and go on with --resume last_metrics.json"));
  for (const std::string& path : run::resumable("last_metrics.json")) fs::remove(path);
  CHECK_THROWS_WITH(way_on(ENOSPC), Contains("x; the disk is full; no checkpoint was saved yet: "
                                             "make room on it and start anew"));
  fs::remove_all("last_metrics.json");
  CHECK_THROWS_WITH(way_on(ENOENT),
                    Contains("x; last_metrics.json was removed, or moved to another disk, with "
                             "what was saved there: if it was moved, go on with --resume and its "
                             "new place; else start anew"));
  const base::Error diverged(base::ExitCode::diverged, "x");
  CHECK_THROWS_WITH(run::fail_with_way_on(diverged, {}, &folder, 0),
                    Contains("start anew: last_metrics.json was removed"));
}

TEST_CASE("a run whose folder is renamed goes on in it, and leaves a new folder alone") {
  const tests::TrainingJob job(12, 4);
  const config::RunConfig config =
      config::load_run_config("tiny.json", {"output_dir=run", "train.steps=8"});
  run::Trainer trainer(config, nullptr);
  const run::RunFolder folder = run::RunFolder::create(trainer.config(), {});
  fs::rename("run", "renamed");
  fs::create_directory("run");
  REQUIRE(trainer.run(&folder, run::StopSignal()));
  CHECK(tests::step_of("renamed/last.safetensors") == 8);
  CHECK(fs::exists("renamed/last_metrics.json"));
  CHECK_THAT(tests::text_of("renamed/train.log"),
             Contains("everything is in ") && Contains("/renamed\n"));
  CHECK(fs::is_empty("run"));
}

TEST_CASE("a run that cannot go on leaves its configuration as it was") {
  TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const std::string before = tests::text_of(place.at("run/config.json"));
  fs::remove(place.at("run/train.log"));
  fs::create_directory(place.at("run/train.log"));
  check_refused(place.ssdtrain("--resume run train.steps=9"), 3, "train.log");
  CHECK(tests::text_of(place.at("run/config.json")) == before);
  fs::remove(place.at("run/train.log"));
  REQUIRE(place.ssdtrain("--resume run train.steps=2").exit_code == 0);
  CHECK_THAT(tests::text_of(place.at("run/config.json")), Contains("\"steps\": 2"));
}

TEST_CASE("a run that goes on takes no weights from elsewhere") {
  TrainingPlace place(4, 4);
  check_refused(place.ssdtrain("--config tiny.json --resume run --init-from x.safetensors"), 2,
                "--init-from and --resume run are both given");
}

TEST_CASE("an empty option comes from a variable that is not set, and is refused") {
  TrainingPlace place(4, 4);
  for (const char* option : {"--resume ''", "--init-from ''", "--output-dir ''", "--device ''",
                             "--init-from=", "--resume= train.steps=1", "checkpoint.init_from="}) {
    CAPTURE(option);
    check_refused(place.ssdtrain("--config tiny.json " + std::string(option)), 2, "is empty");
  }
  check_refused(place.ssdtrain("--config ''"), 2, "--config is empty");
  for (const char* command :
       {"ssdeval --checkpoint ''", "ssdeval --checkpoint=", "ssddetect --checkpoint '' x.jpg",
        "ssddata check --annotations ''"}) {
    const std::string name = std::string(command).substr(0, std::string(command).find(' '));
    CAPTURE(command);
    check_refused(
        tests::run(tests::program(name).string() + std::string(command).substr(name.size())), 2,
        "is empty");
  }
  CHECK_FALSE(fs::exists(place.at("runs")));
}

TEST_CASE("a dry run finds what a start would find") {
  TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  check_refused(place.train("run", "--dry-run"), 2, "holds a run already");
  std::ofstream(place.at("weights")) << "nothing";
  check_refused(place.train("dry", "--dry-run --init-from weights"), 4, "weights: ");
  const Outcome o = place.train("dry",
                                "--dry-run --init-from run train.steps=9 "
                                "train.schedule.total=0 train.schedule.warmup_steps=10");
  CAPTURE(o.err);
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.out, Contains("initial values from run/") && Contains("the warm-up takes 0 steps"));
  CHECK_FALSE(fs::exists(place.at("dry")));
}

TEST_CASE("a run's folder stands for its best checkpoint, else for its last") {
  TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=2").exit_code == 0);
  const std::string eval = "cd " + place.at("") + " && " + tests::program("ssdeval").string() +
                           " --device cpu --checkpoint ";
  CHECK_THAT(tests::run(eval + "run").err, Contains("taking run/best.safetensors"));
  fs::remove(place.at("run/best.safetensors"));
  CHECK_THAT(tests::run(eval + "run").err, Contains("taking run/last.safetensors"));
  check_refused(tests::run(eval + "data"), 4, "a folder without best.safetensors");
}

TEST_CASE("beside a damaged checkpoint, the one that is whole is named") {
  TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=3 eval.every_steps=2").exit_code == 0);
  const std::string best = place.at("run/best.safetensors");
  const std::string cut = tests::text_of(best).substr(0, 20000);
  fs::remove(best);  // it may be the same file as another
  std::ofstream(best) << cut;
  const std::string words = "; run/last.safetensors, of step 3, is whole: give that instead",
                    at = "cd " + place.at("") + " && ";
  const auto refused = [&](const std::string& program, const std::string& arguments) {
    const Outcome o = tests::run(at + tests::program(program).string() + " " + arguments);
    INFO(o.err);
    CHECK(o.exit_code == 4);
    CHECK_THAT(o.err, Contains(words));
  };
  for (const char* path : {"run", "run/best.safetensors"}) {
    refused("ssddetect", std::string("data/images --json found.json --checkpoint ") + path);
    refused("ssdeval", std::string("--checkpoint ") + path);
    refused("ssdexport", std::string("--onnx x.onnx --checkpoint ") + path);
    refused("ssdtrain", std::string("--config tiny.json --dry-run --init-from ") + path);
  }
  const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  std::ofstream(place.at("run/other.safetensors"))
      << char(header.size()) << std::string(7, '\0') << header << std::string(4, '\0');
  const Outcome other = tests::run(at + tests::program("ssdtrain").string() +
                                   " --config tiny.json --dry-run --init-from "
                                   "run/other.safetensors");
  check_refused(other, 4, "run/other.safetensors fits this model");
  CHECK_THAT(other.err, !Contains("give that instead"));  // it is not damaged
  for (const char* name : {"run/last.safetensors", "run/previous.safetensors"})
    std::ofstream(place.at(name)) << cut;
  CHECK_THAT(tests::run(at + tests::program("ssdeval").string() + " --checkpoint run").err,
             Contains("run/best.safetensors: ") && !Contains("is whole"));
}

TEST_CASE("a file that claims a wide model is refused before memory is taken for it") {
  TrainingPlace place(4, 4);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const std::string good = place.at("run/last.safetensors"), wide = place.at("wide.safetensors");
  json config = json::parse(engine::SafetensorsFile(good).metadata().at("config"));
  config["model"]["backbone_width"] = 256;
  config["model"]["fpn_channels"] = 1024;
  rewrite(good, wide, "config", config.dump());
  const run::ModelFile file(wide);
  const size_t before = peak_mib();
  CHECK_THROWS_WITH(run::LoadedModel(file, {.device = "cpu", .memory_gib = 0.1}),
                    Contains("wide.safetensors: tensor '") && Contains("expected ["));
  CHECK(peak_mib() - before < 100);
  const Outcome o = place.ssdtrain("--resume wide.safetensors --output-dir x");
  check_refused(o, 4, "wide.safetensors: tensor '");
}

TEST_CASE("a state that no run can have is refused by every program that reads it") {
  TrainingPlace place(4, 4);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const std::string good = place.at("run/last.safetensors"), bad = place.at("bad.safetensors");
  json state = json::parse(engine::SafetensorsFile(good).metadata().at("state"));
  const char* key = GENERATE("step", "epoch", "loss_scale", "best_metric");
  state[key] = -3;
  rewrite(good, bad, "state", state.dump());
  check_refused(place.train("x", "--resume bad.safetensors"), 4, key);
  check_refused(tests::run(tests::program("ssdeval").string() + " --checkpoint " + bad), 4, key);
}

TEST_CASE("SIGHUP asks for a stop, but not where the program is to outlive its terminal") {
  {
    const run::StopSignal stop;
    raise(SIGHUP);
    raise(SIGHUP);  // shells and the system both send it
    CHECK(stop.requested());
    CHECK(stop.reason() == "SIGHUP");
  }
  signal(SIGHUP, SIG_IGN);
  {
    const run::StopSignal stop;
    raise(SIGHUP);
    CHECK_FALSE(stop.requested());
  }
  signal(SIGHUP, SIG_DFL);
}
