// Ranks that are killed, that hang, or that leave early at random moments, on one machine and on
// two: each time the others end within the timeout, name the rank, leave nothing behind, and the
// run goes on to the bits of an undisturbed one.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <random>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/scale.h"
#include "tests/support/tools/failing_ranks.h"

using namespace tests;

namespace {

constexpr std::array<Phase, 4> kPhases{
    {{"start", "eval.every_steps=0 checkpoint.every_steps=20", true},
     {"step", "eval.every_steps=0 checkpoint.every_steps=20", false},
     {"evaluation", "eval.every_steps=1 checkpoint.every_steps=20", false},
     {"saving", "eval.every_steps=0 checkpoint.every_steps=1", false}}};

constexpr int kCutLink = 0;  // in place of a signal

double fail_at_random(std::mt19937& random, const Phase& phase, int signal,
                      const TwoMachines* machines) {
  const auto below = [&](double most) {
    return std::uniform_real_distribution<double>(0, most)(random);
  };
  const int count = 2 + int(random() % 3);
  FailingRanks ranks(phase, count, machines);
  const std::vector<pid_t> processes = ranks.processes();
  if (!phase.before_first_step) ranks.wait_for_checkpoint();
  const double delay = below(phase.before_first_step ? 1.5 : 0.5);
  std::this_thread::sleep_for(std::chrono::duration<double>(delay));
  const size_t rank = random() % processes.size();
  INFO(fmt::format("rank {} of {}, {:.3f} s into {}", rank, count, delay, phase.name));
  const double seconds =
      signal == kCutLink ? ranks.end_by_cut_link(processes) : ranks.end_by(processes, rank, signal);
  ranks.check_goes_on();
  return seconds;
}

void fail_at_random(const char* how, int signal, int times, const TwoMachines* machines = nullptr) {
  std::mt19937 random{unsigned(signal)};
  const size_t first = signal == kCutLink ? 1 : 0;  // a cut link is for ranks that have met
  double longest = 0;
  for (int i = 0; i < times; ++i) {
    INFO(fmt::format("{} {}", how, i));
    const size_t phase = first + size_t(i + signal) % (kPhases.size() - first);
    longest = std::max(longest, fail_at_random(random, kPhases[phase], signal, machines));
  }
  std::cout << fmt::format("{} ranks {} on {}: the others ended after at most {:.1f} s\n", times,
                           how, machines ? "two machines" : "one machine", longest);
}

class Preloaded {
 public:
  Preloaded() { ::setenv("LD_PRELOAD", SSD_LEAVING_RANK, 1); }
  ~Preloaded() { ::unsetenv("LD_PRELOAD"); }
  Preloaded(const Preloaded&) = delete;
  Preloaded& operator=(const Preloaded&) = delete;
};

}  // namespace

TEST_CASE("ranks that are killed at random moments") {
  fail_at_random("killed", SIGKILL, scaled(4, 50));
}

TEST_CASE("ranks that hang at random moments") {
  fail_at_random("stopped", SIGSTOP, scaled(1, 10));
}

TEST_CASE("ranks that leave early at random moments") {
  const Preloaded library;
  fail_at_random("leaving", kLeaves, scaled(2, 10));
}

TEST_CASE("ranks on two machines that are killed, hang, or leave early at random moments") {
  if (!TwoMachines::possible()) return;
  const TwoMachines machines;
  fail_at_random("killed", SIGKILL, scaled(2, 50), &machines);
  fail_at_random("stopped", SIGSTOP, scaled(1, 10), &machines);
  const Preloaded library;
  fail_at_random("leaving", kLeaves, scaled(1, 10), &machines);
}

TEST_CASE("a link between two machines that is cut at random moments") {
  if (!TwoMachines::possible()) return;
  const TwoMachines machines;
  fail_at_random("whose link is cut", kCutLink, scaled(1, 10), &machines);
}
