// A long run of small steps: memory, descriptors and threads stay what they are.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/scale.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;

namespace {

struct Sample {
  double resident_mib = 0;
  int descriptors = 0, threads = 0;
};

size_t entries(const fs::path& folder) {
  std::error_code gone;
  size_t count = 0;
  for (fs::directory_iterator at(folder, gone), end; !gone && at != end; at.increment(gone))
    ++count;
  return count;
}

Sample sample_of(pid_t process) {
  const fs::path proc = "/proc/" + std::to_string(process);
  long total = 0, resident = 0;
  std::ifstream(proc / "statm") >> total >> resident;
  return {double(resident) * double(sysconf(_SC_PAGESIZE)) / (1 << 20), int(entries(proc / "fd")),
          int(entries(proc / "task"))};
}

pid_t start(const std::string& command, const std::string& output) {
  const pid_t child = fork();
  if (child != 0) return child;
  const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, STDOUT_FILENO), dup2(file, STDERR_FILENO);
  execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
  _exit(127);
}

// Samples in even distances until the process ends; its exit code goes to `exit_code`.
std::vector<Sample> watch(pid_t process, int& exit_code) {
  std::vector<Sample> samples;
  int status = 0;
  while (waitpid(process, &status, WNOHANG) == 0) {
    samples.push_back(sample_of(process));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return samples;
}

template <class T> T median(std::vector<Sample> part, T Sample::*value) {
  std::nth_element(part.begin(), part.begin() + int64_t(part.size() / 2), part.end(),
                   [&](const Sample& a, const Sample& b) { return a.*value < b.*value; });
  return part[part.size() / 2].*value;
}

}  // namespace

TEST_CASE("thousands of steps: memory, descriptors and threads do not grow") {
  const int steps = tests::scaled(4000, 20000);
  const tests::TrainingPlace place(8, 4);
  // An epoch has two steps. Every evaluation has a loader of its own.
  const std::string command =
      place.command("--config tiny.json --output-dir run train.steps=" + std::to_string(steps) +
                    " train.schedule.total=" + std::to_string(steps) +
                    " checkpoint.every_steps=200 eval.every_steps=100 log.every_steps=50");
  int exit_code = -1;
  const std::vector<Sample> samples = watch(start(command, place.at("said")), exit_code);
  INFO(tests::text_of(place.at("said")));
  REQUIRE(exit_code == 0);
  REQUIRE(tests::step_of(place.at("run/last.safetensors")) == steps);
  REQUIRE(samples.size() > 100);

  // The third quarter of the run against the last one. What comes before is warm-up: on a busy
  // machine memory still grew by 1.1 MiB within the first 2,000 steps, and by none in 10,000 later.
  const auto quarter = [&](size_t i) {
    const auto at = [&](size_t n) { return samples.begin() + int64_t(n * samples.size() / 4); };
    return std::vector<Sample>(at(i), at(i + 1));
  };
  const std::vector<Sample> before = quarter(2), after = quarter(3);
  const double growth =
      median(after, &Sample::resident_mib) - median(before, &Sample::resident_mib);
  CAPTURE(samples.size(), median(before, &Sample::resident_mib), growth);
  CHECK(growth <= double(steps) / 4 / 1000);  // 1 MiB per 1,000 steps
  CHECK(median(after, &Sample::descriptors) == median(before, &Sample::descriptors));
  CHECK(median(after, &Sample::threads) == median(before, &Sample::threads));
}
