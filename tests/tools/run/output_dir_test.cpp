// ssdtrain --output-dir and --resume: only a new or empty folder, or one's own.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/special_files.h"
#include "tests/support/tools/output_options.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::text_of;

namespace {

void check_refused(const Outcome& outcome, const std::string& because, int code = 2) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  const bool starts_anew = outcome.err.find("starting at step 0\n") != std::string::npos;
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1 + starts_anew);
  CHECK_THAT(outcome.err, Contains(because));
}

// A place whose images are all missing, so that whatever is checked after the look-up is not seen.
void lose_images(const tests::TrainingPlace& place) {
  fs::rename(place.at("data/images"), place.at("data/elsewhere"));
  fs::create_directory(place.at("data/images"));
}

// ssdtrain while `folder` is on a disk that is read-only.
Outcome on_read_only(const tests::TrainingPlace& place, const std::string& folder,
                     const std::string& arguments) {
  return tests::run("cd " + place.at("") + " && unshare -m sh -c 'mount --bind " + folder + " " +
                    folder + " && mount -o remount,ro,bind " + folder +
                    " || exit 99; exec \"$@\"' sh " + tests::program("ssdtrain").string() + " " +
                    arguments);
}

}  // namespace

TEST_CASE("output_dir: a folder that holds anything else is refused before any work") {
  const tests::TrainingPlace place(4, 2);
  const std::string few = "train.steps=1 eval.every_steps=0";
  base::write_file(place.at("file"), std::string_view("x"));
  check_refused(place.train("file", few), "file is a file; give the name of a new folder");
  tests::make_pipe(place.at("pipe"));
  check_refused(place.train("pipe", few), "is a pipe");
  for (const char* name :
       {"metrics.json", "config.json", "notes.txt", "samples/00.jpg", "env.json"}) {
    const fs::path path = fs::path(place.at("mine")) / name;
    fs::create_directories(path.parent_path());
    base::write_file(path, std::string_view("precious"));
    for (const char* more : {"", " --resume auto", " --dry-run"})
      check_refused(place.train("mine", few + more), "holds files that are not of a run");
    CHECK(text_of(path) == "precious");
    CHECK(std::distance(fs::directory_iterator(place.at("mine")), {}) == 1);
    fs::remove_all(place.at("mine"));
  }
  if (fs::create_directory(place.at("mine")); tests::make_device(place.at("mine/train.log"))) {
    check_refused(place.train("mine", few), "train.log");
    CHECK(fs::is_character_file(place.at("mine/train.log")));
  }
}

TEST_CASE("output_dir: an empty folder, and one that takes what the program prints") {
  const tests::TrainingPlace place(4, 2);
  const std::string few = "train.steps=1 eval.every_steps=0";
  fs::create_directory(place.at("empty"));
  CHECK(place.train("empty", few).exit_code == 0);
  check_refused(place.train("empty", few), "holds a run already");
  fs::create_directory(place.at("logged"));
  const Outcome logged = place.train("logged", few + " > logged/out.txt 2> logged/err.txt");
  INFO(text_of(place.at("logged/err.txt")));
  CHECK(logged.exit_code == 0);
  CHECK(fs::exists(place.at("logged/last.safetensors")));
}

TEST_CASE("output_dir: a folder that a killed program has only begun, and its unfinished files") {
  const tests::TrainingPlace place(4, 2);
  const std::string few = "train.steps=1 eval.every_steps=0";
  const auto leave = [&](const char* name) {
    fs::create_directory(place.at("run"));
    base::write_file(fs::path(place.at("run")) / name, std::string_view("unfinished"));
  };
  constexpr const char* kGone = "env.json.tmp.999999999";  // no process has this number
  leave(kGone);
  check_refused(place.train("run", few), "holds files that are not of a run");  // no lock: not ours
  for (const char* name : {".lock", "env.json", "cmdline.txt", "config.json.tmp.999999998"})
    leave(name);
  const Outcome begun = place.train("run", few + " --resume auto");
  INFO(begun.err);
  CHECK(begun.exit_code == 0);
  CHECK_FALSE(fs::exists(place.at("run/" + std::string(kGone))));
  fs::create_directory(place.at("run/samples"));
  const char* left[] = {"metrics.json.tmp.999999999", "last.safetensors.tmp.999999999",
                        "step_000000007.safetensors.tmp.999999998", "samples/03.jpg.tmp.999999999"};
  const char* kept[] = {"notes.tmp.txt", "samples/my.tmp.notes"};
  for (const char* name : left) leave(name);
  for (const char* name : kept) leave(name);
  leave(("metrics.json.tmp." + std::to_string(::getpid())).c_str());  // somebody is writing it
  const Outcome resumed = place.ssdtrain("--resume run train.steps=2");
  CHECK(resumed.exit_code == 0);
  CHECK_THAT(resumed.err, Catch::Contains("removed 4 unfinished files of programs that were"));
  for (const char* name : left) CHECK_FALSE(fs::exists(place.at("run") + "/" + name));
  for (const char* name : kept) CHECK(fs::exists(place.at("run") + "/" + name));
  CHECK(fs::exists(place.at("run/metrics.json.tmp." + std::to_string(::getpid()))));
}

TEST_CASE("output_dir: a run without a checkpoint is taken again, and its logs are kept") {
  const tests::TrainingPlace place(4, 2);
  const std::string few = "train.steps=2 log.every_steps=1 ";
  const Outcome diverged =
      place.train("run", few +
                             "eval.every_steps=0 train.divergence.max_loss=1e-9 "
                             "train.divergence.steps=1");
  REQUIRE(diverged.exit_code == 5);
  CHECK_THAT(diverged.err, Contains("start anew: no checkpoint was saved yet"));
  base::write_file(fs::path(place.at("run/notes.txt")), std::string_view("mine"));
  const std::string log = text_of(place.at("run/train.log")),
                    config = text_of(place.at("run/config.json"));

  const Outcome resumed = place.ssdtrain("--resume run");
  INFO(resumed.err);
  CHECK(resumed.exit_code == 4);
  const std::string advice = "--config run/config.json --output-dir run";
  CHECK_THAT(resumed.err,
             Contains("the run there has no checkpoint: begin it anew with " + advice + ","));

  const std::string good = " train.divergence.max_loss=1e4 ";
  CHECK(place.ssdtrain(advice + good + "--dry-run").exit_code == 0);
  CHECK_FALSE(fs::exists(place.at("run/logs.old")));
  const Outcome again = place.ssdtrain(advice + good + "train.steps=1 eval.every_steps=0");
  INFO(again.err);
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.err, Contains("its logs are kept in run/logs.old\n"));
  CHECK(text_of(place.at("run/logs.old/train.log")) == log);
  CHECK(text_of(place.at("run/logs.old/config.json")) == config);
  CHECK(text_of(place.at("run/notes.txt")) == "mine");
  for (const char* name : {"results.csv", "summary.json", "report.html", "cmdline.txt", "samples"})
    CHECK(fs::exists(place.at("run/logs.old/" + std::string(name))));
  CHECK(tests::results_of(place.at("run")).size() == 1);

  for (const char* name : {"last", "previous", "best"})
    fs::remove(place.at("run/" + std::string(name) + ".safetensors"));
  const std::string metrics = text_of(place.at("run/metrics.json"));
  const Outcome once_more = place.train("run", few + "--resume auto");
  INFO(once_more.err);
  CHECK(once_more.exit_code == 0);
  CHECK_THAT(once_more.err, Contains("starting at step 0") && Contains("run/logs.old.2\n"));
  CHECK(text_of(place.at("run/logs.old.2/metrics.json")) == metrics);
  check_refused(place.ssdtrain("--resume data"), "the folder of a run that has one", 4);
}

TEST_CASE("paths of the command line are taken byte for byte") {
  const tests::TrainingPlace place(4, 2);
  const std::string few = "train.steps=1 eval.every_steps=0 ";
  for (const std::string name :
       {R"(uni\u0041x)", R"(back\nslash)", R"(a"b)", R"("quoted")", "[1]", "true", "two\nlines"}) {
    const std::string typed = "'" + name + "'";
    CAPTURE(name);
    CHECK(place.train(typed, few).exit_code == 0);
    CHECK(fs::exists(place.at(name) + "/last.safetensors"));
    CHECK(
        place.ssdtrain("--config tiny.json --dry-run " + few + "--init-from " + typed).exit_code ==
        0);
  }
}

TEST_CASE("paths that are not UTF-8 are refused before any work, as no configuration holds them") {
  const tests::TrainingPlace place(4, 2);
  const std::string bytes = "caf\xe9";
  fs::copy_file(place.config(), place.at(bytes + ".json"));
  for (const std::string& more : {std::string(), std::string(" --dry-run")}) {
    const auto refused = [&](const std::string& arguments, const std::string& because) {
      check_refused(place.ssdtrain(arguments + " train.steps=1 eval.every_steps=0" + more),
                    because + R"(caf\xe9)");
    };
    refused("--config tiny.json --output-dir " + bytes, "--output-dir: ");
    refused("--config tiny.json --output-dir run --init-from " + bytes, "--init-from: ");
    refused("--config tiny.json output_dir=" + bytes, "command line: output_dir: ");
    refused("--config tiny.json data.val.images=" + bytes, "command line: data.val.images: ");
    refused("--config " + bytes + ".json", "name: the run would be named ");
  }
  for (const char* folder : {"runs", "run"}) CHECK_FALSE(fs::exists(place.at(folder)));
  CHECK_FALSE(fs::exists(place.at(bytes)));
  const std::string few = " train.steps=1 eval.every_steps=0 --output-dir run";
  CHECK(place.ssdtrain("--config " + bytes + ".json name=x" + few).exit_code == 0);
  fs::rename(place.at("run"), place.at(bytes));
  const Outcome resumed = place.ssdtrain("--resume " + bytes + " train.steps=2");
  INFO(resumed.err);
  CHECK(resumed.exit_code == 0);
  CHECK(tests::step_of(place.at(bytes + "/last.safetensors")) == 2);
}

TEST_CASE("resume: a checkpoint in a folder that is no run needs a folder of its own") {
  const tests::TrainingPlace place(4, 2);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  fs::create_directory(place.at("downloads"));
  fs::copy_file(place.at("run/last.safetensors"), place.at("downloads/x.safetensors"));
  base::write_file(place.at("downloads/config.json"), std::string_view("precious"));
  const std::string resume = "--config tiny.json --resume downloads/x.safetensors train.steps=2 ";
  check_refused(place.ssdtrain(resume),
                "downloads/x.safetensors: its folder is not the folder of a run, as it lacks "
                "env.json, cmdline.txt or config.json: give a new folder with --output-dir");
  CHECK(text_of(place.at("downloads/config.json")) == "precious");
  CHECK(std::distance(fs::directory_iterator(place.at("downloads")), {}) == 2);
  const Outcome elsewhere = place.ssdtrain(resume + "--output-dir new");
  INFO(elsewhere.err);
  CHECK(elsewhere.exit_code == 0);
  CHECK(tests::step_of(place.at("new/last.safetensors")) == 2);
}

TEST_CASE("a folder that another program uses is refused before any work, by --dry-run too") {
  const tests::TrainingPlace place(4, 2);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  lose_images(place);
  const std::string before = text_of(place.at("run/cmdline.txt"));
  const int lock = ::open(place.at("run/.lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(::flock(lock, LOCK_EX) == 0);
  for (const char* more : {"", " --dry-run"})
    check_refused(place.ssdtrain("--resume run train.steps=2" + std::string(more)),
                  "run is in use by another program: wait for it, or give another --output-dir");
  ::close(lock);
  for (const char* more : {"", " --dry-run"})
    check_refused(place.ssdtrain("--resume run train.steps=2" + std::string(more)),
                  "images cannot be used", 3);
  CHECK(text_of(place.at("run/cmdline.txt")) == before);
}

TEST_CASE("a folder on a read-only disk is refused before any work, by --dry-run too") {
  if (tests::run("unshare -m mount -t tmpfs tmpfs /mnt").exit_code != 0) {
    WARN("skipped: nothing can be mounted here");
    return;
  }
  const tests::TrainingPlace place(4, 2);
  REQUIRE(place.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  lose_images(place);
  fs::create_directory(place.at("empty"));
  fs::create_directories(place.at("runs/tiny"));
  const std::string reason = "Read-only file system";
  for (const std::string more : {"", " --dry-run"}) {
    CAPTURE(more);
    const std::string begin = "--config tiny.json" + more;
    check_refused(on_read_only(place, "runs", begin),
                  "without --output-dir: runs/tiny: cannot write into runs/tiny: " + reason, 3);
    check_refused(on_read_only(place, "empty", begin + " --output-dir empty"),
                  "cannot write empty: " + reason, 3);
    check_refused(on_read_only(place, "run", "--resume run train.steps=2" + more),
                  "cannot write run: " + reason, 3);
  }
  CHECK(fs::is_empty(place.at("empty")));
  CHECK(fs::is_empty(place.at("runs/tiny")));
}

TEST_CASE("outputs: what lies where a folder is to be made stays, and is named") {
  const tests::OutputPlace p;
  for (const auto& [program, arguments, told] :
       {std::tuple("ssddata", "synth w/x --train 1 --val 1", "ssddata: "),
        {"ssdtrain", "--config tiny.json train.steps=1 eval.every_steps=0 --output-dir w/x",
         "ssdtrain: "}})
    for (const tests::Laid& laid : tests::what_may_lie(p.at(tests::kValFile))) {
      INFO(arguments << ": " << laid.what);
      p.empty();
      if (!laid.lay(p.at("w/x"))) continue;
      const Outcome outcome = p.run(program, arguments);
      INFO(outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
      CHECK_THAT(outcome.err, Contains(told) && Contains("w/x"));
      CHECK(laid.stays(p.at("w/x")));
      CHECK(std::distance(fs::directory_iterator(p.at("w")), {}) == 1);
    }
}
