// Starting ranks on this machine: this test's own program is started again, and each rank does what
// a variable says.
#include "tools/ranks/local_ranks.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/tools/rank_processes.h"

using namespace tests;
namespace fs = std::filesystem;

namespace {

constexpr const char* kActs = "LOCAL_RANKS_TEST_ACTS";      // of rank 0, 1, ..., with a comma
constexpr const char* kFolder = "LOCAL_RANKS_TEST_FOLDER";  // where ranks leave their names

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// "exit N", "kill", "hang" (only SIGKILL ends it) or "stop" (ends with 75 at SIGTERM). With
// "+child" behind it, the rank first starts a process that hangs.
void prepare(const std::string& what) {
  ::signal(SIGTERM, what.starts_with("stop") ? [](int) { ::_exit(75); } : SIG_IGN);
  if (!what.ends_with("+child")) return;
  const pid_t child = ::fork();
  if (child == 0)
    while (true) ::pause();
  write_text(variable(kFolder) + "/child", std::to_string(child));
}

[[noreturn]] void act(const std::string& what) {
  if (what.starts_with("exit ")) ::_exit(std::stoi(what.substr(5)));
  if (what.starts_with("kill")) ::raise(SIGKILL);
  while (true) ::pause();
}

std::string act_of(int rank) {
  std::istringstream acts(variable(kActs));
  std::string what;
  for (int r = 0; r <= rank; ++r) std::getline(acts, what, ',');
  return what;
}

struct End {
  int code = -1;  // 128 + n for signal n
  double seconds = 0;
  std::string said;
  std::vector<pid_t> processes;  // of the ranks, and of what they have started
};

pid_t number_in(const fs::path& file) {
  const std::string text = text_of(file);
  return text.empty() ? 0 : std::stoi(text);
}

// Starts ranks with these acts. When all have begun, sends `signal` to the program that has started
// them, unless it is 0.
End end_of(int count, const std::string& acts, int signal = 0) {
  const TemporaryFolder folder;
  const std::string said = (folder.path() / "stderr").string();
  const auto start = std::chrono::steady_clock::now();
  const pid_t starter = ::fork();
  if (starter == 0) {
    ::setenv(kActs, acts.c_str(), 1);
    ::setenv(kFolder, folder.path().c_str(), 1);
    if (!std::freopen(said.c_str(), "w", stderr)) ::_exit(99);
    std::string program = "local_ranks_test", test = "[rank]";
    char* argv[] = {program.data(), test.data(), nullptr};
    ::_exit(tools::run_local_ranks(count, argv));
  }
  const auto file = [&](int rank) { return folder.path() / std::to_string(rank); };
  for (int r = 0; r < count; ++r)
    for (int i = 0; i < 3000 && number_in(file(r)) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (signal) ::kill(starter, signal);
  int status = 0;
  ::waitpid(starter, &status, 0);
  End end{
      .code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
      .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
      .said = text_of(said),
      .processes = {}};
  for (int r = 0; r < count; ++r) end.processes.push_back(number_in(file(r)));
  if (const pid_t child = number_in(folder.path() / "child")) end.processes.push_back(child);
  return end;
}

void check_no_orphans(const End& end) {
  for (const pid_t process : end.processes) {
    CHECK(process > 0);
    for (int i = 0; i < 200 && alive(process); ++i)  // the system needs a moment to end it
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK_FALSE(alive(process));
  }
}

}  // namespace

TEST_CASE("what a rank of these tests does", "[.rank]") {
  const int rank = std::stoi(variable("RANK"));
  const std::string what = act_of(rank);
  prepare(what);
  const fs::path folder = variable(kFolder);
  write_text(folder / std::to_string(rank), std::to_string(::getpid()));
  for (int r = 0; r < std::stoi(variable("WORLD_SIZE")); ++r)  // nobody ends before all have begun
    while (number_in(folder / std::to_string(r)) == 0) ::usleep(1000);
  act(what);
}

TEST_CASE("ranks that all end well end well together") {
  const End end = end_of(3, "exit 0,exit 0,exit 0");
  CHECK(end.code == 0);
  check_no_orphans(end);
}

TEST_CASE("one rank that fails ends all, and its exit code is passed on") {
  for (const int code : {1, 2, 4, 5, 6}) {
    INFO(code);
    const End end = end_of(3, fmt::format("hang,exit {},hang", code));
    CHECK(end.code == code);
    CHECK(end.seconds < 30);
    check_no_orphans(end);
  }
}

TEST_CASE("a rank that is killed ends all with code 6, and is named") {
  const End end = end_of(3, "hang,hang,kill");
  CHECK(end.code == 6);
  CHECK_THAT(end.said,
             Catch::Contains("local_ranks_test: rank 2 (process " +
                             std::to_string(end.processes[2]) + ") was killed by signal 9"));
  check_no_orphans(end);
}

TEST_CASE("what the ranks have started does not outlive them when one fails") {
  for (const char* acts : {"hang+child,exit 6", "exit 6+child,exit 6"}) {
    INFO(acts);
    const End end = end_of(2, acts);
    CHECK(end.code == 6);
    CHECK(end.processes.size() == 3);
    check_no_orphans(end);
  }
}

TEST_CASE("the first failure counts, and a stop is none") {
  CHECK(end_of(2, "exit 75,exit 75").code == 75);
  CHECK(end_of(2, "exit 0,exit 75").code == 75);
  CHECK(end_of(2, "exit 75,exit 6").code == 6);
}

TEST_CASE("signals are handed on to all ranks") {
  const End end = end_of(2, "stop,stop", SIGTERM);
  CHECK(end.code == 75);
  check_no_orphans(end);
}
