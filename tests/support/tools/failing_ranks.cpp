#include "tests/support/tools/failing_ranks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/scale.h"

namespace tests {
namespace {

using Catch::Contains;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
namespace fs = std::filesystem;

// Of the rank that fails.
int exit_code_after(int signal) {
  if (signal == SIGKILL) return 128 + SIGKILL;
  return signal == kLeaves ? 0 : 6;
}

constexpr size_t kNone = size_t(-1);
constexpr int kPortOfTwoMachines = 29577;  // their networks are their own

std::string this_host() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

FailingRanks::FailingRanks(const Phase& phase, int ranks, const TwoMachines* machines)
    : phase_(phase), ranks_(ranks), port_(kPortOfTwoMachines), machines_(machines) {
  start_jobs();
}

std::string FailingRanks::start() const {
  return fmt::format("{} train.steps=100000 {}", common(), phase_.keys);
}

std::string FailingRanks::common(const char* folder) const {
  return fmt::format(
      "--config tiny.json --output-dir {} train.batch_size=2 train.threads=1 log.report=false "
      "ranks.timeout_seconds={}",
      folder, kRankTimeout);
}

std::string FailingRanks::log_of(size_t job) const { return fmt::format("err{}.txt", job); }

void FailingRanks::start_jobs() {
  if (!machines_) {
    jobs_.push_back(std::make_unique<Background>(
        place_, fmt::format("{} --ranks {}", start(), ranks_), "", log_of(0)));
    return;
  }
  for (int rank = 0; rank < ranks_; ++rank)
    jobs_.push_back(std::make_unique<Background>(
        place_, start(),
        fmt::format("{} env RANK={} WORLD_SIZE={} MASTER_ADDR={} MASTER_PORT={}",
                    machines_->launcher(rank % 2), rank, ranks_, machines_->address(), port_),
        log_of(size_t(rank))));
}

void FailingRanks::wait_for_checkpoint() const { ranks_of(place_.at("run")); }

std::vector<pid_t> FailingRanks::processes() {
  std::map<int, pid_t> found;
  for (int tries = 0; tries < 3000 && int(found.size()) < ranks_; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (const auto& [process, environment] : mark_.processes())
      if (const auto rank = environment.find("RANK"); rank != environment.end()) {
        found[std::stoi(rank->second)] = process;
        port_ = std::stoi(environment.at("MASTER_PORT"));
      }
  }
  REQUIRE(int(found.size()) == ranks_);
  std::vector<pid_t> processes;
  for (const auto& [rank, process] : found) processes.push_back(process);
  return processes;
}

int64_t FailingRanks::saved() const {
  const std::string file = place_.at("run/last.safetensors");
  return fs::exists(file) ? step_of(file) : 0;
}

// All jobs but the failing one end with 6. Keeps what each has said.
double FailingRanks::wait_for_jobs(size_t failing) {
  const auto start = Clock::now();
  for (size_t i = 0; i < jobs_.size(); ++i)
    if (i != failing) CHECK(jobs_[i]->wait(kRankTimeout + 60) == 6);
  const double seconds = Seconds(Clock::now() - start).count();
  for (size_t i = 0; i < jobs_.size(); ++i) said_.push_back(text_of(place_.at(log_of(i))));
  return seconds;
}

double FailingRanks::end_by(const std::vector<pid_t>& processes, size_t rank, int signal) {
  for (const pid_t process : processes)  // that one cannot be left behind which nobody has
    CHECK_THAT(text_of(fmt::format("/proc/{}/maps", process)), !Contains("/dev/shm/"));
  const int64_t before = saved();
  ::kill(processes[rank], signal);
  const size_t failing = machines_ ? rank : kNone;
  const double seconds = wait_for_jobs(failing);
  if (machines_) {
    ::kill(processes[rank], SIGCONT);  // no program ends one that hangs: it does so when it wakes
    CHECK(jobs_[rank]->wait(kRankTimeout + 60) == exit_code_after(signal));
  }
  for (size_t i = 0; i < said_.size(); ++i) {
    INFO(said_[i]);
    if (i != failing) CHECK((names(said_[i], rank) || ends_before_meeting(said_[i], rank, signal)));
  }
  check_ended(before, seconds);
  return seconds;
}

// Each names a rank of the other machine.
double FailingRanks::end_by_cut_link(const std::vector<pid_t>& processes) {
  REQUIRE(machines_);
  const int64_t before = saved();
  machines_->cut_link();
  const double seconds = wait_for_jobs(kNone);
  machines_->join_link();
  for (size_t i = 0; i < said_.size(); ++i) {
    INFO(said_[i]);
    bool named = false;
    for (size_t rank = 1 - i % 2; rank < processes.size(); rank += 2)
      named = named || names(said_[i], rank);
    CHECK(named);
  }
  check_ended(before, seconds);
  return seconds;
}

void FailingRanks::check_ended(int64_t saved_before, double seconds) {
  INFO(fmt::format("{}", fmt::join(said_, "\n")));
  CHECK(seconds < kRankTimeout + kRankGrace + (full_scale() ? 0 : 20));  // others use the machine
  check_nothing_left();
  CHECK(saved() >= saved_before);
}

std::string FailingRanks::host_of(size_t rank) const {
  return machines_ ? TwoMachines::host(int(rank % 2)) : this_host();
}

bool FailingRanks::names(const std::string& said, size_t rank) const {
  const bool call = contains(said, "the gathering of ") || contains(said, "the sum of ") ||
                    contains(said, "the broadcast of ");
  return call && contains(said, fmt::format("rank {} on {}", rank, host_of(rank)));
}

// Before the ranks have met, nobody knows the hosts of the others.
bool FailingRanks::ends_before_meeting(const std::string& said, size_t rank, int signal) const {
  return phase_.before_first_step &&
         (contains(said, fmt::format("rank {} of {}", rank, ranks_)) ||
          contains(said, "rank 0 at ") ||
          (signal == SIGKILL && contains(said, " was killed by signal 9")));
}

bool FailingRanks::is_listened_at_port() const {
  return machines_ ? machines_->is_listened_at(port_) : is_listened_at(port_);
}

void FailingRanks::check_nothing_left() const {
  for (int i = 0; i < 200 && !mark_.processes().empty(); ++i)  // the system needs a moment
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(mark_.processes().empty());
  CHECK_FALSE(is_listened_at_port());
}

void FailingRanks::check_goes_on() const {
  const int64_t steps = saved() + 2;
  const auto on = [&](const std::string& arguments) {
    const Outcome outcome =
        place_.ssdtrain(fmt::format("{} --ranks {} train.steps={}", arguments, ranks_, steps));
    INFO(fmt::format("{}\ngoes on:\n{}", fmt::join(said_, "\n"), outcome.err));
    REQUIRE(outcome.exit_code == 0);
  };
  on(fmt::format("{} {} --resume auto", common(), phase_.keys));
  for (const auto& entry : fs::directory_iterator(place_.at("run")))
    CHECK_THAT(entry.path().filename().string(), !Contains(".tmp."));
  on(fmt::format("{} eval.every_steps=0", common("whole")));
  CHECK((tensors_of(place_.at("run/last.safetensors")) ==
         tensors_of(place_.at("whole/last.safetensors"))));
}

}  // namespace tests
