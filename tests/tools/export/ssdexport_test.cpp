// ssdexport from outside.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/onnx_run.h"
#include "tests/support/running_program.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome;

namespace {

// A trained model, and pictures to find boxes in.
class ModelFolder {
 public:
  ModelFolder() : place_(8, 4) {
    const Outcome trained = place_.train("run", "train.steps=3 train.ema=0.5 eval.every_steps=0");
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
  }
  std::string at(const std::string& name) const { return place_.at(name); }
  Outcome run(const std::string& program, const std::string& arguments) const {
    return tests::run("cd " + at("") + " && OMP_NUM_THREADS=1 " + tests::program(program).string() +
                      " " + arguments);
  }
  Outcome exported(const std::string& arguments) const {
    return run("ssdexport", "--checkpoint run/last.safetensors " + arguments);
  }

 private:
  tests::TrainingPlace place_;
};

const ModelFolder& place() {
  static const ModelFolder one;
  return one;
}

void check_refused(const Outcome& outcome, int code, const std::string& because) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(because));
}

}  // namespace

TEST_CASE("ssdexport writes an ONNX file into a new folder") {
  const Outcome outcome = place().exported("--onnx new/folder/model.onnx --nms none --half");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains("new/folder/model.onnx") && Contains("suppression none"));
  const tests::OnnxModel model =
      tests::parse_onnx(tests::text_of(place().at("new/folder/model.onnx")));
  CHECK(model.outputs == std::vector<std::string>{"boxes", "scores"});
}

TEST_CASE("ssdexport takes a run's folder, and thresholds go into the file") {
  const Outcome outcome = place().run(
      "ssdexport", "--checkpoint run --onnx t.onnx --score-threshold 0.25 --iou 0.5 --max 7");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const tests::OnnxModel model = tests::parse_onnx(tests::text_of(place().at("t.onnx")));
  CHECK(model.constants.at("score_threshold").values[0] == 0.25);
  CHECK(model.constants.at("iou_threshold").values[0] == 0.5);
  CHECK(model.constants.at("most").values[0] == 7);
  REQUIRE(place().exported("--onnx most.onnx --max 150").exit_code == 0);
  const tests::OnnxModel more = tests::parse_onnx(tests::text_of(place().at("most.onnx")));
  CHECK(more.constants.at("max_per_class").values[0] == 150);
}

TEST_CASE("ssdexport --verify: what the interpreter says decides") {
  const auto verified = [](const std::string& body, const std::string& more = "") {
    std::ofstream(place().at("python.sh")) << "#!/bin/sh\n" << body << "\n";
    fs::permissions(place().at("python.sh"), fs::perms::owner_all);
    return place().exported("--onnx v.onnx --overwrite --verify 2 --python ./python.sh " + more);
  };
  const auto answer = [](const std::string& boxes, const std::string& unmatched) {
    return "echo '{\"runtime\":\"r\",\"images\":2,\"boxes\":" + boxes +
           ",\"unmatched\":" + unmatched + ",\"score\":0,\"corner\":0}'";
  };
  CHECK(verified(answer("3", "0")).exit_code == 0);
  fs::remove(place().at("v.onnx"));
  const std::pair<std::string, std::string> rows[] = {
      {answer("3", "1"), "does not find the same boxes"},
      {answer("0", "0"), "nothing could be compared"},
      {"exit 3", "./python.sh ended with code 3 and printed nothing"},
      {"kill -9 $$", "./python.sh was ended by a signal and printed nothing"},
      {"echo no; exit 1", "refused the model: no"},
      {"echo hello", "the last line that ./python.sh printed is hello, expected a JSON object"},
      {"echo '{\"runtime\":3}'", "printed is {\"runtime\":3}, expected a JSON object"},
      {"exec yes", "./python.sh printed more than 16777216 bytes, and was ended"}};
  for (const auto& [body, because] : rows) {
    const Outcome outcome = verified(body);
    INFO(outcome.err);
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.err, Contains(because));
    CHECK_FALSE(fs::exists(place().at("v.onnx")));
  }
  CHECK(verified(answer("100", "5"), "--half").exit_code == 0);
  CHECK(verified(answer("100", "6"), "--half").exit_code == 1);
  CHECK(verified(answer("3", "0"), "--images - < /dev/null").exit_code == 2);
  std::ofstream(place().at("list")) << "data/images/000001.jpg\ndata/images/000002.jpg\n";
  CHECK(verified(answer("3", "0"), "--images - < list").exit_code == 0);
}

TEST_CASE("a signal during ssdexport --verify leaves no temporary file and no interpreter") {
  fs::create_directory(place().at("temporary"));
  tests::write_text(place().at("sleeping.sh"),
                    "#!/bin/sh\necho $$ > started.tmp\nmv started.tmp started\nexec sleep 1000\n");
  fs::permissions(place().at("sleeping.sh"), fs::perms::owner_all);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    INFO("signal " << number);
    fs::remove(place().at("started"));
    tests::RunningProgram program(
        place().at(""), "env OMP_NUM_THREADS=2 TMPDIR=temporary " +
                            tests::program("ssdexport").string() +
                            " --checkpoint run/last.safetensors --onnx signal.onnx --verify 1"
                            " --python ./sleeping.sh");
    for (int i = 0; i < 6000 && !fs::exists(place().at("started")); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    REQUIRE(fs::exists(place().at("started")));
    CHECK_FALSE(fs::is_empty(place().at("temporary")));
    program.signal(number);
    CHECK(program.wait() == 128 + number);
    CHECK(fs::is_empty(place().at("temporary")));
    const pid_t script = pid_t(std::stoi(tests::text_of(place().at("started"))));
    for (int i = 0; i < 1000 && tests::alive(script); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK_FALSE(tests::alive(script));
  }
}

TEST_CASE("ssdexport --weights: the same boxes from a smaller file, which no run resumes from") {
  REQUIRE(place().exported("--weights w.safetensors").exit_code == 0);
  CHECK(fs::file_size(place().at("w.safetensors")) <
        fs::file_size(place().at("run/last.safetensors")) / 2);
  const std::string detect = " data/images --device cpu --score-threshold 0.001 --checkpoint ";
  const Outcome before = place().run("ssddetect", detect + "run/last.safetensors");
  const Outcome after = place().run("ssddetect", detect + "w.safetensors");
  REQUIRE(before.exit_code == 0);
  CHECK(before.out.size() > 100);
  CHECK(after.out == before.out);
  const Outcome resumed = place().run("ssdtrain", "--resume w.safetensors --output-dir other");
  CHECK(resumed.exit_code == 4);
  CHECK_THAT(resumed.err, Contains("w.safetensors: holds weights alone") &&
                              Contains("--init-from w.safetensors"));
  CHECK(
      place().run("ssdtrain", "--config tiny.json --init-from w.safetensors --dry-run").exit_code ==
      0);
}

TEST_CASE("ssdexport never replaces a checkpoint from which a run can go on") {
  const std::string other = place().at("of_a_run.safetensors");
  fs::copy_file(place().at("run/last.safetensors"), other);
  const std::string before = tests::text_of(other);
  for (const char* option : {"--weights", "--onnx"})
    check_refused(place().exported(std::string(option) + " of_a_run.safetensors --overwrite"), 2,
                  "of_a_run.safetensors holds the state of a training");
  CHECK((tests::text_of(other) == before));
}

TEST_CASE("a run goes on from the newest checkpoint that is more than weights") {
  fs::copy(place().at("run"), place().at("weights_only"), fs::copy_options::recursive);
  fs::copy_file(place().at("run/last.safetensors"), place().at("weights_only/previous.safetensors"),
                fs::copy_options::overwrite_existing);
  fs::remove(place().at("weights_only/last.safetensors"));
  REQUIRE(place().exported("--weights weights_only/last.safetensors").exit_code == 0);
  const Outcome resumed = place().run("ssdtrain", "--resume weights_only train.steps=60");
  CAPTURE(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK_THAT(resumed.err, Contains("last.safetensors: holds weights alone") &&
                              Contains("previous.safetensors instead"));
}

TEST_CASE("ssdexport refuses what it cannot do in one line") {
  check_refused(place().exported(""), 2, "nothing to write");
  check_refused(place().exported("--weights x --verify 3"), 2, "--verify needs --onnx");
  for (const char* option :
       {"--nms none", "--opset 18", "--half", "--score-threshold 0.3", "--iou 0.5", "--max 10"})
    check_refused(place().exported(std::string("--weights x ") + option), 2, "needs --onnx");
  check_refused(place().exported("--onnx x --images data/images"), 2, "--images needs --verify");
  check_refused(place().exported("--onnx x --opset 16"), 2, "from 17 to 21");
  check_refused(place().exported("--onnx x --nms tf"), 2, "--nms");
  for (const char* option : {"--score-threshold 0.3", "--iou 0.5", "--max 10"})
    check_refused(place().exported(std::string("--onnx x --nms none ") + option), 2,
                  "changes nothing with --nms none");
  check_refused(place().exported("--onnx x --verify 1 --python ./none"), 6, "onnxruntime");
  check_refused(place().exported("--onnx x --verify 1 --python ./tiny.json"), 6, "--python");
  check_refused(place().exported("--onnx x --score-threshold nan"), 2, "from 0 to 1");
  check_refused(place().exported("--onnx run/last.safetensors --overwrite"), 2, "input");
  check_refused(place().exported("--onnx x --weights x"), 2, "both name x");
  check_refused(place().run("ssdexport", "--checkpoint tiny.json --onnx x"), 4, "tiny.json");
  check_refused(place().run("ssdexport", "--checkpoint none --onnx x"), 4, "none");
  CHECK_FALSE(fs::exists(place().at("x")));
}
