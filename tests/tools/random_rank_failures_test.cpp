// Ranks that are killed, that hang, or that leave early at random moments: each time the others end
// within the timeout, name the rank, leave nothing behind, and the run goes on to the bits of an
// undisturbed one.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <random>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/marked_processes.h"
#include "tests/support/scale.h"
#include "tests/support/tools/rank_processes.h"

using namespace tests;
using Catch::Contains;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
namespace fs = std::filesystem;

namespace {

constexpr double kTimeout = 10, kGrace = 5;
constexpr int kLeaves = SIGUSR2;  // with tests/leaving_rank

// What a run does most of the time.
struct Phase {
  const char* name;
  const char* keys;
};
constexpr std::array<Phase, 4> kPhases{
    {{"start", "eval.every_steps=0 checkpoint.every_steps=20"},
     {"step", "eval.every_steps=0 checkpoint.every_steps=20"},
     {"evaluation", "eval.every_steps=1 checkpoint.every_steps=20"},
     {"saving", "eval.every_steps=0 checkpoint.every_steps=1"}}};

// A run of several ranks, of which one is about to fail.
class Trial {
 public:
  Trial(const Phase& phase, int ranks) : phase_(phase), ranks_(ranks), job_(place_, start()) {}

  std::string start() const { return common() + " train.steps=100000 " + phase_.keys; }
  std::string common(const char* folder = "run") const {
    return fmt::format(
        "--config tiny.json --output-dir {} --ranks {} train.batch_size=2 train.threads=1 "
        "log.report=false ranks.timeout_seconds={}",
        folder, ranks_, kTimeout);
  }

  void wait_for_checkpoint() const { ranks_of(place_.at("run")); }

  // The processes of all ranks, in order.
  std::vector<pid_t> ranks() {
    std::map<int, pid_t> found;
    for (int tries = 0; tries < 3000 && int(found.size()) < ranks_; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      for (const auto& [process, environment] : mark_.processes())
        if (const auto rank = environment.find("RANK"); rank != environment.end()) {
          found[std::stoi(rank->second)] = process;
          port_ = std::stoi(environment.at("MASTER_PORT"));
        }
    }
    std::vector<pid_t> processes;
    for (const auto& [rank, process] : found) processes.push_back(process);
    return processes;
  }

  int64_t saved() const {
    const std::string file = place_.at("run/last.safetensors");
    return fs::exists(file) ? step_of(file) : 0;
  }

  // Lets the rank fail, and checks how the run ends. Returns after how many seconds.
  double end(const std::vector<pid_t>& ranks, size_t rank, int signal) {
    for (const pid_t process : ranks)  // that one cannot be left behind which nobody has
      CHECK_THAT(text_of(fmt::format("/proc/{}/maps", process)), !Contains("/dev/shm/"));
    const int64_t before = saved();
    const auto start = Clock::now();
    ::kill(ranks[rank], signal);
    CHECK(job_.wait(kTimeout + 60) == 6);
    const double seconds = Seconds(Clock::now() - start).count();
    said_ = text_of(place_.at("err.txt"));
    INFO(said_);
    CHECK(seconds < kTimeout + kGrace + (full_scale() ? 0 : 20));  // others may use the machine
    check_named(rank, signal);
    check_nothing_left();
    CHECK(saved() >= before);
    return seconds;
  }

  // The run goes on, to the bits of one that nobody has disturbed.
  void check_goes_on() const {
    const int64_t steps = saved() + 2;
    const Outcome on = place_.ssdtrain(
        fmt::format("{} {} --resume auto train.steps={}", common(), phase_.keys, steps));
    INFO(said_ << "goes on:\n" << on.err);
    REQUIRE(on.exit_code == 0);
    for (const auto& entry : fs::directory_iterator(place_.at("run")))
      CHECK_THAT(entry.path().filename().string(), !Contains(".tmp."));
    const Outcome whole = place_.ssdtrain(
        fmt::format("{} eval.every_steps=0 train.steps={}", common("whole"), steps));
    REQUIRE(whole.exit_code == 0);
    CHECK((tensors_of(place_.at("run/last.safetensors")) ==
           tensors_of(place_.at("whole/last.safetensors"))));
  }

  const std::string& said() const { return said_; }

 private:
  // The rank and its host with the call, or before the ranks have met, the rank alone.
  void check_named(size_t rank, int signal) const {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const bool before_meeting =
        said_.find(fmt::format("rank {} of {}", rank, ranks_)) != std::string::npos ||
        said_.find("rank 0 at ") != std::string::npos ||
        (signal == SIGKILL && said_.find(" was killed by signal 9") != std::string::npos);
    if (phase_.name == kPhases[0].name && before_meeting) return;
    CHECK_THAT(said_, Contains(fmt::format("rank {} on {}", rank, host.data())));
    CHECK((said_.find("the gathering of ") != std::string::npos ||
           said_.find("the sum of ") != std::string::npos ||
           said_.find("the broadcast of ") != std::string::npos));
  }

  void check_nothing_left() const {
    for (int i = 0; i < 200 && !mark_.processes().empty(); ++i)  // the system needs a moment
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(mark_.processes().empty());
    CHECK_FALSE(is_listened_at(port_));
  }

  ProcessMark mark_;
  TrainingPlace place_;
  Phase phase_;
  int ranks_, port_ = 0;
  Background job_;
  std::string said_;
};

void fail_at_random(const char* how, int signal, int times) {
  std::mt19937 random{unsigned(signal)};
  const auto below = [&](double most) {
    return std::uniform_real_distribution<double>(0, most)(random);
  };
  double longest = 0;
  for (int i = 0; i < times; ++i) {
    const Phase& phase = kPhases[size_t(i + signal) % kPhases.size()];
    const int count = 2 + int(random() % 3);
    Trial trial(phase, count);
    const std::vector<pid_t> ranks = trial.ranks();
    REQUIRE(int(ranks.size()) == count);
    const bool early = &phase == &kPhases[0];
    if (!early) trial.wait_for_checkpoint();
    const double delay = below(early ? 1.5 : 0.5);
    std::this_thread::sleep_for(Seconds(delay));
    const size_t rank = random() % ranks.size();
    INFO(fmt::format("{} {}: rank {} of {}, {:.3f} s into {}", how, i, rank, count, delay,
                     phase.name));
    longest = std::max(longest, trial.end(ranks, rank, signal));
    trial.check_goes_on();
  }
  std::cout << fmt::format("{} ranks {}: the others ended after at most {:.1f} s\n", times, how,
                           longest);
}

}  // namespace

TEST_CASE("ranks that are killed at random moments") {
  fail_at_random("killed", SIGKILL, scaled(4, 50));
}

TEST_CASE("ranks that hang at random moments") {
  fail_at_random("stopped", SIGSTOP, scaled(1, 10));
}

TEST_CASE("ranks that leave early at random moments") {
  ::setenv("LD_PRELOAD", SSD_LEAVING_RANK, 1);
  fail_at_random("leaving", kLeaves, scaled(2, 10));
  ::unsetenv("LD_PRELOAD");
}
