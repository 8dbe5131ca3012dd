// Values that have no effect, that contradict others, or that are out of reach: each program says
// so in one line, with the key and what to do.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains, Catch::StartsWith;
using tests::Outcome, tests::TrainingPlace;

namespace {

Outcome run(const TrainingPlace& place, const std::string& program, const std::string& arguments,
            const std::string& folder = "") {
  return tests::run(fmt::format("cd {} && OMP_NUM_THREADS=1 timeout 100 {} {}", place.at(folder),
                                tests::program(program).string(), arguments));
}

// Refused in one line that holds `words`.
void check_refused(const Outcome& outcome, int code, const std::string& words) {
  INFO(outcome.out << outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(words));
}

// Writes a copy of the checkpoint, as other programs do: without these entries of its metadata.
void rewrite(const std::string& from, const std::string& to,
             const std::vector<std::string>& without) {
  const std::string file = tests::text_of(from);
  uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  auto header = nlohmann::json::parse(file.substr(sizeof length, length));
  for (const std::string& key : without) header["__metadata__"].erase(key);
  header["__metadata__"]["by"] = "another program";
  const std::string text = header.dump();
  const uint64_t now = text.size();
  tests::write_text(to, std::string(reinterpret_cast<const char*>(&now), sizeof now) + text +
                            file.substr(sizeof length + length));
}

const std::string kDry = "--config tiny.json --dry-run ";

}  // namespace

TEST_CASE("a training says which of its keys have no effect, in --print-config, too") {
  const TrainingPlace place(8, 4);
  const std::string adamw = "train.optimizer.kind=adamw train.momentum=0.5";
  const std::string note =
      "note: train.momentum (command line) has no effect: train.optimizer.kind is adamw";
  const Outcome dry = place.ssdtrain(kDry + adamw);
  CHECK(dry.exit_code == 0);
  CHECK_THAT(dry.out, Contains(note));
  CHECK_THAT(place.ssdtrain("--config tiny.json --print-config " + adamw).err,
             Contains("ssdtrain: " + note));
  CHECK_THAT(place.ssdtrain(kDry + "train.optimizer.kind=adamw").out, !Contains("no effect"));
}

TEST_CASE("values with which nothing can come out are told at the start") {
  const TrainingPlace place(8, 4);
  const std::string rate = "train.schedule.base_rate=0 train.schedule.warmup_steps=0",
                    note = "note: train.schedule.base_rate is 0, so no step changes a weight",
                    scores = "note: eval.score_threshold is 1, and no score is above it";
  const Outcome dry = place.ssdtrain(kDry + rate + " eval.score_threshold=1");
  CHECK(dry.exit_code == 0);
  CHECK_THAT(dry.out, Contains(note) && Contains(scores));
  CHECK_THAT(place.ssdtrain("--config tiny.json --print-config " + rate).err,
             Contains("ssdtrain: " + note));
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  CHECK_THAT(run(place, "ssdeval", "--checkpoint run eval.score_threshold=1").err,
             Contains("ssdeval: " + scores));
}

TEST_CASE("options that answer a question take nothing beside it") {
  const TrainingPlace place(8, 4);
  check_refused(place.ssdtrain("--help-config train --markdown"), 2,
                "train has no effect with --markdown");
  check_refused(place.ssdtrain("--help-config --config tiny.json"), 2,
                "--config has no effect with --help-config");
  check_refused(place.ssdtrain("--help-pipeline --dry-run"), 2,
                "--dry-run has no effect with --help-pipeline");
  const Outcome two = place.ssdtrain("--help-config train.ema log.report");
  CHECK(two.exit_code == 0);
  CHECK_THAT(two.out, Contains("train.ema") && Contains("log.report"));
}

TEST_CASE("a run in which nothing would be trained is refused") {
  const TrainingPlace place(8, 4);
  check_refused(place.ssdtrain(kDry + "'train.freeze=[\"backbone\",\"fpn\",\"head\"]'"), 2,
                "train.freeze: every parameter of the model begins with one of these names");
  CHECK(place.ssdtrain(kDry + "'train.freeze=[\"backbone\",\"fpn\"]'").exit_code == 0);
}

TEST_CASE("the largest seed is a seed, and a larger one is refused with the range") {
  const TrainingPlace place(8, 4);
  for (const char* seed : {"train.seed=9223372036854775807", "--seed 9223372036854775807"})
    CHECK(place.ssdtrain(kDry + seed).exit_code == 0);
  check_refused(place.ssdtrain(kDry + "train.seed=9223372036854775808"), 2,
                "train.seed: expected an integer from 0 to 9223372036854775807, found "
                "9223372036854775808");
}

TEST_CASE("an evaluation says what differs from the training, and what has no effect") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  const std::string model = "--checkpoint run/last.safetensors ";
  CHECK_THAT(run(place, "ssdeval", model).err, !Contains("warning") && !Contains("note"));
  tests::write_text(place.at("other.json"),
                    "{\"_base_\": \"tiny.json\", \"data\": {\"std\": [255, 255, 255]},"
                    " \"model\": {\"head_depth\": 3}}");
  const Outcome other = run(place, "ssdeval", model + "--config other.json train.seed=3");
  INFO(other.err);
  CHECK(other.exit_code == 0);
  CHECK_THAT(other.err,
             Contains("warning: other values than the model was trained with: data.std "
                      "[1.0,1.0,1.0] -> [255.0,255.0,255.0]\n") &&
                 Contains("note: the model is that of the checkpoint, so these keys have no "
                          "effect: model.head_depth") &&
                 Contains("note: train.seed (command line) has no effect: an evaluation does not "
                          "train\n"));
  // ssdeval has no --help-config.
  check_refused(run(place, "ssdeval", model + "zzzzzzzz=3"), 2,
                "zzzzzzzz: unknown key, `ssdtrain --help-config` lists them");
}

TEST_CASE("a relative path of a run that is not there is told with the folder of the start") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  fs::create_directory(place.at("else"));
  const std::string words =
      " is relative to the folder in which the program was started, " + place.at("else") + ": ";
  for (const char* start : {"--config ../run/config.json output_dir= --dry-run", "--resume ../run"})
    check_refused(run(place, "ssdtrain", start, "else"), 3, words);
  check_refused(run(place, "ssdeval", "--checkpoint ../run/last.safetensors", "else"), 3, words);
  check_refused(place.ssdtrain(kDry + "--init-from gone.safetensors"), 4,
                "gone.safetensors is relative to the folder in which the program was started, ");
  check_refused(place.ssdtrain(kDry + "data.val.images=/gone"), 3, "expected that of the images\n");
}

TEST_CASE("each program says in one line that its working folder was removed") {
  const TrainingPlace place(8, 4);
  const std::map<std::string, std::string> arguments{
      {"ssdtrain", "--config tiny.json"},
      {"ssdeval", "--checkpoint run"},
      {"ssddetect", "--checkpoint run in"},
      {"ssddata", "synth out"},
      {"ssdexport", "--checkpoint run --onnx out.onnx"},
      {"ssdbench", "compare a.json b.json"}};
  for (const std::string& program : tests::all_programs()) {
    fs::create_directory(place.at("gone"));
    const Outcome gone =
        tests::run(fmt::format("cd {} && rmdir ../gone && {} {}", place.at("gone"),
                               tests::program(program).string(), arguments.at(program)));
    INFO(gone.err);
    CHECK(gone.exit_code != 0);
    CHECK(std::count(gone.err.begin(), gone.err.end(), '\n') == 1);
    CHECK_THAT(gone.err, Contains("; the working folder was removed: go to a folder that exists"));
  }
}

TEST_CASE("full paths serve in a working folder that was removed") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  const std::string at = place.at("");
  for (const auto& [program, words] :
       {std::pair("ssddetect", "--checkpoint {0}run {0}data/images --json {0}found.json"),
        {"ssddata", "synth {0}out"},
        {"ssdexport", "--checkpoint {0}run --onnx {0}out.onnx"},
        {"ssdbench", "allreduce --kib 4 --runs 3"}}) {
    fs::create_directory(place.at("gone"));
    const Outcome o = tests::run(
        fmt::format("cd {}gone && rmdir ../gone && {} ", at, tests::program(program).string()) +
        fmt::format(fmt::runtime(words), at));
    INFO(program << o.err);
    CHECK(o.exit_code == 0);
  }
}

TEST_CASE("a missing path is told with the folder in which it was looked for") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  fs::create_directory(place.at("else"));
  const std::string words = " is relative to the folder in which the program was started, ";
  for (const auto& [program, arguments] :
       {std::pair("ssdtrain", "--config gone.json"),
        {"ssdtrain", "--resume gone"},
        {"ssdeval", "--checkpoint gone"},
        {"ssdeval", "--checkpoint ../run --annotations gone.json --images gone"},
        {"ssddetect", "--checkpoint ../run gone --json x.json"},
        {"ssddetect", "--checkpoint ../run --watch gone --json-lines x"},
        {"ssddata", "check --annotations gone.json"},
        {"ssddata", "check --voc gone"},
        {"ssddata", "check --yolo gone"},
        {"ssddata", "check --tfrecords gone.record"},
        {"ssdexport", "--checkpoint gone --onnx x.onnx"},
        {"ssdbench", "compare gone.json gone.json"}}) {
    const Outcome o = run(place, program, arguments, "else");
    INFO(program << " " << arguments << "\n" << o.err);
    CHECK(o.exit_code != 0);
    CHECK_THAT(o.err, Contains(words + place.at("else")));
  }
}

TEST_CASE("addresses are told to be no files") {
  const TrainingPlace place(8, 4);
  const std::string address = "https://example.org/weights/r50.pth",
                    words = address + " is an address, and nothing is downloaded: fetch it, ";
  check_refused(place.ssdtrain(kDry + "--init-from " + address), 4, words);
  check_refused(run(place, "ssddata", "check --annotations " + address), 3, words);
}

TEST_CASE("an evaluation on the images of the training is told") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const std::string words =
      "note: these are the images and labels on which the checkpoint was "
      "trained, so the metrics say little about others\n";
  const std::string with = "--checkpoint run/last.safetensors --images data/images --annotations ";
  CHECK_THAT(run(place, "ssdeval", with + "data/annotations/instances_train.json").err,
             Contains(words));
  CHECK_THAT(run(place, "ssdeval", with + "data/annotations/instances_val.json").err,
             !Contains(words));
}

TEST_CASE("a checkpoint that another program has rewritten is read, if its old checksum is gone") {
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  const std::string
      whole = place.at("run/last.safetensors"),
      advice = "a program that rewrites the file has to leave 'writer' and 'ssd320.xxh3_128' out";
  rewrite(whole, place.at("other.safetensors"), {});
  check_refused(run(place, "ssdeval", "--checkpoint other.safetensors"), 4,
                "the checksum does not match; " + advice);
  rewrite(whole, place.at("other.safetensors"), {"ssd320.xxh3_128"});
  check_refused(run(place, "ssdeval", "--checkpoint other.safetensors"), 4,
                "no checksum; " + advice);
  rewrite(whole, place.at("other.safetensors"), {"ssd320.xxh3_128", "writer"});
  const Outcome read = run(place, "ssdeval", "--checkpoint other.safetensors");
  CHECK(read.exit_code == 0);
  CHECK_THAT(read.err, Contains("ssdeval: note: other.safetensors has no checksum, so damage to "
                                "it would not be noticed\n"));
  CHECK(read.out == run(place, "ssdeval", "--checkpoint run/last.safetensors").out);
}

TEST_CASE("step memory beyond what the host has free is told") {
  const TrainingPlace place(8, 4);
  const Outcome much = place.ssdtrain(kDry + "train.memory_gib=65536");
  INFO(much.out << much.err);
  if (much.exit_code == 0)
    CHECK_THAT(much.out, Contains("note: train.memory_gib is 65536 GiB, and cpu has "));
  else
    check_refused(much, 6, "memory_gib asks for 65536 GiB for a step: lower it");
}
