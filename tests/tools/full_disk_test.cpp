// Every output of every program on a full disk and on one that is read-only: one line with the path
// and the reason, always the same exit code, and nothing that is half written.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/tools/output_options.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::kModel, tests::Outcome, tests::OutputOption, tests::OutputPlace;

namespace {

const OutputPlace& place() {
  static const OutputPlace one;
  return one;
}

// Runs a program while w/ is a disk of its own. `prepare`: a command of the shell. At the end,
// names of temporary files on it are added to what the program printed.
Outcome on_a_disk(const std::string& prepare, const std::string& program,
                  const std::string& arguments) {
  place().empty();
  return tests::run(fmt::format(
      "cd {} && unshare -m sh -c 'mount -t tmpfs -o size=4k tmpfs w && {} || exit 99; "
      "OMP_NUM_THREADS=1 timeout 60 {} {}; code=$?; find w -name \"*.tmp.*\"; exit $code'",
      place().at(""), prepare, tests::program(program).string(), arguments));
}

const std::string kFull = "{ head -c 9999 /dev/zero > w/filler 2> /dev/null; true; }";
const std::string kReadOnly = "mount -o remount,ro w";

bool can_mount() {
  static const bool can = tests::run("unshare -m mount -t tmpfs tmpfs /mnt").exit_code == 0;
  if (!can) WARN("skipped: no tmpfs can be mounted here");
  return can;
}

// Other calls that write into a folder of their own.
std::vector<OutputOption> all_outputs() {
  std::vector<OutputOption> all = tests::output_options();
  all.push_back({"ssddata", "", "synth", "w/new --train 1 --val 1", "", ""});
  all.push_back({"ssdtrain", "--output-dir", "--config tiny.json train.steps=1 eval.every_steps=0",
                 "w/run", "", ""});
  return all;
}

void check_failed(const Outcome& outcome, base::ExitCode code, const std::string& reason) {
  CHECK(outcome.exit_code == int(code));
  CHECK_THAT(outcome.err, Contains(reason) && Contains("w"));
  CHECK_THAT(outcome.out, !Contains(".tmp."));
}

}  // namespace

TEST_CASE("a full disk: exit code 3, and 4 for a checkpoint") {
  if (!can_mount()) return;
  for (const OutputOption& o : all_outputs()) {
    const Outcome outcome =
        on_a_disk(kFull, o.program, fmt::format("{} {} {}", o.arguments, o.option, o.given));
    INFO(o.program << " " << o.arguments << " " << o.option << "\n" << outcome.err);
    const bool checkpoint = o.option == "--weights";
    const bool found_before = o.program == "ssdtrain";
    check_failed(outcome, checkpoint ? base::ExitCode::checkpoint : base::ExitCode::data,
                 found_before ? "but only 0.0 MiB are free" : "No space left on device");
  }
}

TEST_CASE(
    "a disk that fills up in the middle: what was found is kept, and it is said how far it was") {
  if (!can_mount()) return;
  // Some of the pictures have room.
  const std::string detect =
      fmt::format("{} data/images -o w/pictures --overwrite --score-threshold 0", kModel);
  const auto run = [&](const std::string& more) {
    return tests::run(
        fmt::format("cd {} && unshare -m sh -c 'mount -t tmpfs -o size=16k tmpfs w && "
                    "OMP_NUM_THREADS=1 timeout "
                    "60 {} {} {}; code=$?; ls w/pictures; exit $code'",
                    place().at(""), tests::program("ssddetect").string(), detect, more));
  };
  place().empty();
  fs::remove(place().at("kept.json"));
  const Outcome kept = run("--json kept.json");
  INFO(kept.err << kept.out);
  CHECK(kept.exit_code == int(base::ExitCode::data));
  const auto pictures = std::count(kept.out.begin(), kept.out.end(), '\n');
  REQUIRE(pictures > 1);
  CHECK_THAT(kept.err, Contains("No space left on device") &&
                           Contains(fmt::format("; the run ended after {} of ", pictures)) &&
                           Contains("whose results are in kept.json"));
  std::set<std::string> names;
  for (const auto& entry : nlohmann::json::parse(tests::text_of(place().at("kept.json"))))
    names.insert(entry.at("file_name").get<std::string>());
  CHECK(names.size() == size_t(pictures));

  place().empty();
  const Outcome streamed =
      tests::run(fmt::format("cd {} && unshare -m sh -c 'mount -t tmpfs -o size=16k tmpfs w && "
                             "OMP_NUM_THREADS=1 timeout 60 "
                             "{} {} data/images -o w/pictures --json-lines'",
                             place().at(""), tests::program("ssddetect").string(), kModel));
  INFO(streamed.err);
  CHECK(streamed.exit_code == int(base::ExitCode::data));
  const auto written = std::count(streamed.out.begin(), streamed.out.end(), '\n');
  CHECK_THAT(streamed.err, Contains(fmt::format("the run ended after {} image", written)));
}

TEST_CASE("a full disk: detections whose file cannot be written go to standard output") {
  if (!can_mount()) return;
  const std::string detect = fmt::format("{} data/images --score-threshold 0", kModel);
  const Outcome outcome = on_a_disk(kFull, "ssddetect", detect + " --json w/boxes.json");
  INFO(outcome.err);
  CHECK(outcome.exit_code == int(base::ExitCode::data));
  CHECK_THAT(outcome.err, Contains("No space left on device") && Contains("images are in standard "
                                                                          "output instead"));
  const auto kept = nlohmann::json::parse(outcome.out, nullptr, false);
  REQUIRE(kept.is_array());
  CHECK(kept.size() > 1);
}

TEST_CASE("a full disk: the metrics are not lost with the file") {
  if (!can_mount()) return;
  for (const char* option : {"--per-class w/c.csv", "--save-detections w/d.json"}) {
    const Outcome outcome =
        on_a_disk(kFull, "ssdeval",
                  fmt::format("{} {} --images data/images {}", kModel, tests::kVal, option));
    INFO(option << outcome.err);
    CHECK(outcome.exit_code == int(base::ExitCode::data));
    CHECK_THAT(outcome.out, Contains("Average Precision"));
  }
}

TEST_CASE("a disk that is read-only: exit code 3, before anything else is done") {
  if (!can_mount()) return;
  for (const OutputOption& o : all_outputs()) {
    const Outcome outcome =
        on_a_disk(kReadOnly, o.program, fmt::format("{} {} {}", o.arguments, o.option, o.given));
    INFO(o.program << " " << o.arguments << " " << o.option << "\n" << outcome.err);
    check_failed(outcome, base::ExitCode::data, "Read-only file system");
  }
}
