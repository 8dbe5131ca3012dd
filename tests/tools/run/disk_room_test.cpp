// Whether a run's checkpoints have room on their disk is known before its first step.
#include <fmt/format.h>

#include <filesystem>

#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::TrainingPlace;

namespace {

constexpr size_t kLogs = 8 << 20;  // more than all else that a run writes

bool can_mount() {
  const bool can = tests::run("unshare -m mount -t tmpfs tmpfs /mnt").exit_code == 0;
  if (!can) WARN("skipped: no tmpfs can be mounted here");
  return can;
}

// Runs ssdtrain while w/ is a disk of so many bytes, and then prints the names on it. `before`: a
// command of the shell.
Outcome on_disk(const TrainingPlace& place, size_t bytes, const std::string& arguments,
                const std::string& before = "true") {
  fs::create_directory(place.at("w"));
  return tests::run(fmt::format(
      "cd {} && unshare -m sh -c 'mount -t tmpfs -o size={} tmpfs w && {} && OMP_NUM_THREADS=1 "
      "timeout 100 {} {}; code=$?; find w -type f; exit $code'",
      place.at(""), bytes, before, tests::program("ssdtrain").string(), arguments));
}

}  // namespace

TEST_CASE("a disk without room for a checkpoint is found before the first step") {
  if (!can_mount()) return;
  const TrainingPlace place(8, 4);
  const std::string once = "--config tiny.json train.steps=1 eval.every_steps=0 ";
  REQUIRE(place.ssdtrain(once + "--output-dir run").exit_code == 0);
  const size_t size = fs::file_size(place.at("run/last.safetensors"));
  for (const std::string& more :
       {std::string("--output-dir w/new/run"), std::string("--output-dir w/new/run --dry-run"),
        std::string("--resume run --output-dir w/run train.steps=2")}) {
    const Outcome small = on_disk(place, size / 2, once + more);
    INFO(more << "\n" << small.err << small.out);
    CHECK(small.exit_code == 3);
    CHECK_THAT(small.err, Contains(": a checkpoint of this run takes ") &&
                              Contains(" are free on that disk: make room on it"));
    CHECK_THAT(small.out, !Contains("w/"));
  }
  const Outcome enough = on_disk(place, size + kLogs, once + "--output-dir w/run");
  INFO(enough.err);
  CHECK(enough.exit_code == 0);
  CHECK_THAT(enough.err, !Contains("checkpoints of"));
}

TEST_CASE("a disk without room for all checkpoints that a run keeps is told") {
  if (!can_mount()) return;
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run").exit_code == 0);
  const size_t size = fs::file_size(place.at("run/last.safetensors"));
  const auto told = [&](size_t bytes, const std::string& arguments, const std::string& before) {
    const Outcome o = on_disk(place, bytes, arguments + " --dry-run", before);
    INFO(o.err);
    CHECK(o.exit_code == 0);
    return o.err;
  };
  const std::string fresh = "--config tiny.json --output-dir w/run",
                    words = "are free on that disk, but this run keeps up to ";
  CHECK_THAT(told(3 * size, fresh, "true"), Contains(words + "4 checkpoints"));
  CHECK_THAT(told(4 * size, fresh + " checkpoint.keep=5", "true"),
             Contains(words + "7 checkpoints"));
  CHECK_THAT(told(4 * size + kLogs, fresh, "true"), !Contains(words));
  // Checkpoints that lie there have their room already.
  CHECK_THAT(told(4 * size + kLogs, "--resume w/run train.steps=16", "cp -a run w"),
             !Contains(words));
}

TEST_CASE("a run that has ended needs no room for a checkpoint") {
  if (!can_mount()) return;
  const TrainingPlace place(8, 4);
  REQUIRE(place.train("run", "train.steps=1").exit_code == 0);
  const size_t half = fs::file_size(place.at("run/last.safetensors")) / 2;
  const std::string fill = fmt::format(
      "cp -a run w && head -c {} /dev/zero > w/spare && ! cat /dev/zero > w/all 2> w/run/full && "
      "rm w/spare",
      half);
  const Outcome ended = on_disk(place, 64 << 20, "--resume w/run", fill);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK_THAT(ended.err, !Contains("free on that disk"));
  CHECK(on_disk(place, 64 << 20, "--resume w/run train.steps=2", fill).exit_code == 3);
}
