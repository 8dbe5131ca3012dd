#include "tools/run/stop_signal.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "engine/base/temporary_name.h"

namespace run {
namespace {

constexpr std::array kSignals{SIGTERM, SIGINT, SIGUSR1, SIGHUP};
std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "the handler must not lock");
std::array<struct sigaction, kSignals.size()> previous;

constexpr const char* kMessage = ": ended by a second signal\n";

void on_signal(int number) {  // calls only what a signal handler may call
  int none = 0;
  if (received.compare_exchange_strong(none, number) || number == SIGUSR1 || number == SIGHUP)
    return;
  base::remove_temporary_files();
  const char* program = program_invocation_short_name;
  for (const char* part : {program, kMessage}) {
    ssize_t ignored = write(STDERR_FILENO, part, std::strlen(part));
    (void)ignored;
  }
  _exit(128 + number);
}

}  // namespace

StopSignal::StopSignal(double time_budget_minutes)
    : budget_minutes_(time_budget_minutes), start_(std::chrono::steady_clock::now()) {
  received = 0;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < kSignals.size(); ++i) {
    sigaction(kSignals[i], nullptr, &previous[i]);
    // Under nohup the program has to outlive its terminal.
    const bool ignored = kSignals[i] == SIGHUP && previous[i].sa_handler == SIG_IGN;
    if (!ignored) sigaction(kSignals[i], &action, nullptr);
  }
}

StopSignal::~StopSignal() {
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &previous[i], nullptr);
}

bool StopSignal::out_of_time() const {
  std::chrono::duration<double, std::ratio<60>> minutes = std::chrono::steady_clock::now() - start_;
  return budget_minutes_ > 0 && minutes.count() >= budget_minutes_;
}

bool StopSignal::signalled() const { return received != 0; }

bool StopSignal::requested() const { return signalled() || out_of_time(); }

std::string StopSignal::reason() const {
  switch (received) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    case SIGHUP:
      return "SIGHUP";
    default:
      return out_of_time() ? fmt::format("time budget of {} minutes", budget_minutes_) : "";
  }
}

}  // namespace run
