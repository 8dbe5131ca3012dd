// A trainer that is killed at any moment, also while it saves, loses nothing that it reported as
// saved. A program of its own: the children need a process that has not started OpenMP threads.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <random>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/unfinished_files.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tools/run/checkpoint_files.h"

namespace fs = std::filesystem;
using run::RunFolder;

namespace {

constexpr int64_t kValues = 1 << 20;  // with their momentum: 8 MiB
constexpr int kKeep = 3;

config::RunConfig config_in(const fs::path& folder) {
  config::RunConfig config;
  config.name = "crash";
  config.output_dir = folder;
  return config;
}

// Saves step after step, the step as every value, and reports each one when it is saved.
[[noreturn]] void save_for_ever(const RunFolder& folder, int64_t step, int report) {
  auto backend = engine::make_cpu_backend();
  engine::Parameters parameters(*backend, engine::precision_named("fp32"));
  parameters.add({.name = "w", .shape = {1, {kValues}}});
  parameters.allocate(1);
  engine::Optimizer optimizer(*backend, parameters, {});
  const config::RunConfig config = config_in(folder.path());
  const run::ClassList classes;
  const run::CheckpointFiles files(folder, kKeep);
  for (;; ++step) {
    const engine::View value = parameters.master(0);
    std::fill_n(value.as<float>(), kValues, float(step));
    const run::RunState state{.step = step, .optimizer = {.step = step}};
    files.save(*backend, {config, classes, parameters, &optimizer, state});
    if (::write(report, &step, sizeof step) != sizeof step) ::_exit(1);
    if (step % 2 == 0) files.last_is_best();
  }
}

struct Found {
  int64_t step = -1;
  bool whole = false;  // all values are those of that step
};

Found load_newest(const fs::path& folder, std::vector<std::string>& complaints) {
  const auto file = run::open_newest(run::resumable(folder), complaints);
  if (!file) return {};
  Found found{.step = file->state().step};
  const engine::SafetensorsFile raw(file->path());
  const std::vector<float> values = raw.read_floats(*raw.find("model/w"));
  found.whole =
      int64_t(values.size()) == kValues &&
      std::all_of(values.begin(), values.end(), [&](float x) { return x == float(found.step); });
  return found;
}

bool unfinished_save(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (base::unfinished_file(entry.path().filename().string()).process > 0) return true;
  return false;
}

size_t count(const fs::path& folder, const std::string& part) {
  size_t n = 0;
  for (const auto& entry : fs::directory_iterator(folder))
    n += entry.path().filename().string().find(part) != std::string::npos;
  return n;
}

}  // namespace

TEST_CASE("killed at 200 random moments, a run loses nothing") {
  constexpr int kKills = 200;
  tests::TemporaryFolder own;
  const RunFolder folder = RunFolder::create(config_in(own.path() / "run"), {});
  std::mt19937 random(5);
  std::uniform_real_distribution<double> part(0, 1);
  int64_t reported = -1, next = 0;
  int unfinished = 0, lost = 0, torn = 0, complained = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) save_for_ever(folder, next, ends[1]);
    ::close(ends[1]);
    int64_t step;
    const auto wait_for_save = [&] {
      if (::read(ends[0], &step, sizeof step) == sizeof step) reported = step;
      return std::chrono::steady_clock::now();
    };
    // The child is killed within its third save, which takes as long as the second one.
    const auto saved = wait_for_save();
    const std::chrono::duration<double> taken = wait_for_save() - saved;
    std::this_thread::sleep_for(part(random) * taken);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &step, sizeof step) == sizeof step) reported = step;
    ::close(ends[0]);

    unfinished += unfinished_save(folder.path());
    std::vector<std::string> complaints;
    const Found found = load_newest(folder.path(), complaints);
    lost += found.step < reported;
    torn += !found.whole;
    complained += !complaints.empty();
    CHECK(count(folder.path(), "step_") <= kKeep + 1);
    next = found.step + 1;
    base::remove_unfinished(folder.path());
    CHECK_FALSE(unfinished_save(folder.path()));
  }
  std::cout << "killed " << kKills << " times, " << unfinished << " of them while saving, after "
            << reported << " checkpoints\n";
  CHECK(reported > kKills);
  CHECK(unfinished >= kKills * 15 / 100);  // else this test shows nothing
  CHECK(lost == 0);
  CHECK(torn == 0);
  CHECK(complained == 0);
  CHECK_NOTHROW(run::ModelFile(folder.file("best.safetensors")));
}
