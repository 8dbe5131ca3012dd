// Signals that ask a program to end leave no temporary file behind.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/base/atomic_file.h"
#include "engine/base/temporary_folder.h"
#include "engine/base/temporary_name.h"
#include "tests/support/catch.h"
#include "tests/support/data_folder.h"
#include "tests/support/files.h"
#include "tests/support/running_program.h"
#include "tools/run/stop_signal.h"

namespace fs = std::filesystem;
using tests::DataFolder;

namespace {

size_t temporary_files(const fs::path& folder) {
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    count += entry.path().filename().string().find(base::kTemporaryMark) != std::string::npos;
  return count;
}

// A data set that takes seconds to write as records: one picture many times.
void make_long_job(const DataFolder& f) {
  constexpr int kImages = 30'000;
  f.image("images/a.jpg");
  nlohmann::json set = {{"images", nlohmann::json::array()},
                        {"annotations", nlohmann::json::array()},
                        {"categories", {{{"id", 1}, {"name", "bolt"}}}}};
  for (int id = 1; id <= kImages; ++id)
    set["images"].push_back({{"id", id}, {"file_name", "a.jpg"}, {"width", 40}, {"height", 20}});
  f.text("set.json", set.dump());
  fs::create_directory(f.at("out"));
}

// Runs `work` in a process of its own, and returns how it ended.
template <class Work> int status_of(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("a signal ends a program that writes, with the signal's code and no leftover") {
  const DataFolder f;
  make_long_job(f);
  const std::string command = tests::program("ssddata").string() +
                              " convert --annotations set.json --images images --to-records out/t"
                              " --shards 2 --threads 1";
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    INFO("signal " << number);
    tests::RunningProgram program(f.at(""), command);
    while (temporary_files(f.at("out")) < 2) std::this_thread::yield();
    program.signal(number);
    CHECK(program.wait() == 128 + number);
    CHECK(fs::is_empty(f.at("out")));
    CHECK(program.err().find("error") == std::string::npos);
  }
}

TEST_CASE("a signal ends the drawing of a data set without a leftover, and a leftover is named") {
  const DataFolder f;
  fs::create_directory(f.at("out"));
  const std::string synth = tests::program("ssddata").string() + " synth out/s --val 1 --train ";
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    INFO("signal " << number);
    tests::RunningProgram program(f.at(""), synth + "100000");
    while (temporary_files(f.at("out")) == 0) std::this_thread::yield();
    program.signal(number);
    CHECK(program.wait() == 128 + number);
    CHECK(fs::is_empty(f.at("out")));
  }
  fs::create_directory(f.at("out/s.tmp.2147483646"));
  const tests::Outcome outcome = tests::run("cd " + f.at("") + " && " + synth + "1");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err,
             Catch::Contains("out/s.tmp.2147483646 is left of a program that was killed"));
}

TEST_CASE("a signal waits until files that belong together have their names") {
  const DataFolder f;
  const int status = status_of([&] {
    base::remove_temporary_files_at_signals();
    {
      const base::EndHeldOff whole;
      base::AtomicFile file(f.at("late"));
      std::thread([] { ::kill(::getpid(), SIGTERM); }).detach();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      file.commit();
    }
    ::pause();
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
  CHECK(fs::exists(f.at("late")));
  CHECK(temporary_files(f.at("")) == 0);
}

TEST_CASE("what SIGKILL leaves is named by the next program that writes there") {
  const DataFolder f;
  f.image("images/a.jpg");
  f.text("set.json",
         "{\"images\": [{\"id\": 1, \"file_name\": \"a.jpg\", \"width\": 40, \"height\": 20}], "
         "\"annotations\": [], \"categories\": [{\"id\": 1, \"name\": \"bolt\"}]}");
  for (const char* name :
       {"t.record-00000-of-00001.tmp.2147483646", "t.label_map.pbtxt.tmp.2147483646",
        "other.record-00000-of-00001.tmp.2147483646"})
    f.text(std::string("out/") + name, "half");
  const tests::Outcome outcome = tests::run(
      "cd " + f.at("") + " && " + tests::program("ssddata").string() +
      " convert --annotations set.json --images images --to-records out/t && " +
      tests::program("ssddata").string() + " stats --records 'out/t.record-*' | head -1");
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Catch::Contains(" and 1 more are left of a program that was killed") &&
                              Catch::Contains(".tmp.2147483646 and"));
  CHECK_THAT(outcome.out, Catch::Contains("images              1"));
  CHECK(temporary_files(f.at("out")) == 3);
}

TEST_CASE("a program under nohup goes on after SIGHUP") {
  const DataFolder f;
  f.text("a.txt", "");
  const int status = status_of([] {
    ::signal(SIGHUP, SIG_IGN);
    base::remove_temporary_files_at_signals();
    ::raise(SIGHUP);
  });
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

TEST_CASE("files, folders and second names are removed, but those of the parent stay") {
  const DataFolder f;
  base::AtomicFile of_parent(f.at("parent"));
  const int status = status_of([&] {
    base::remove_temporary_files_at_signals();
    base::AtomicFile first(f.at("first")), second(f.at("sub"));
    first.write("x", 1);
    base::AtomicFile done(f.at("done"));
    done.commit();
    ::setenv("TMPDIR", f.at("").c_str(), 1);
    const base::TemporaryFolder folder("ours");
    fs::create_directories(folder.path() / "deep/deeper");
    tests::write_text(folder.path() / "deep/deeper/a", "a");
    tests::write_text(folder.path() / "b", "b");
    ::raise(SIGTERM);
  });
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
  std::vector<std::string> left;
  for (const auto& entry : fs::directory_iterator(f.at("")))
    left.push_back(entry.path().filename().string());
  std::sort(left.begin(), left.end());
  REQUIRE(left.size() == 2);
  CHECK(left[0] == "done");
  CHECK(left[1].starts_with("parent.tmp."));
}

TEST_CASE("a second signal removes them, too") {
  const DataFolder f;
  const int status = status_of([&] {
    const run::StopSignal stop;
    base::AtomicFile file(f.at("last"));
    ::raise(SIGTERM);
    if (!stop.requested() || temporary_files(f.at("")) != 1) ::_exit(1);
    ::raise(SIGINT);
  });
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGINT));
  CHECK(fs::is_empty(f.at("")));
}

TEST_CASE("a file of a program that still runs is not said to be left") {
  const DataFolder f;
  f.text("out/s.tmp." + std::to_string(::getpid()), "half");
  const tests::Outcome outcome =
      tests::run("cd " + f.at("") + " && " + tests::program("ssddata").string() +
                 " synth out/s --val 1 --train 1");
  CHECK(outcome.exit_code == 0);
  CHECK_THAT(outcome.err, Catch::Contains("is being written by another program, or left of one") &&
                              Catch::Contains("if no program writes there now"));
}
