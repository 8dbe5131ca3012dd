// Stops a run on request, between two steps, with a checkpoint.
#pragma once
#include <chrono>
#include <string>

namespace run {

// Handles the signals that ask for a stop: SIGTERM, SIGINT, SIGUSR1 (which batch systems send
// before the end of a job) and SIGHUP (when the terminal is closed). After the first signal, a
// SIGTERM ends the program at once with code 143, and a SIGINT with 130. SIGUSR1 and SIGHUP may
// come any number of times. If SIGHUP was ignored, as under nohup, it stays so. A program may have
// one of these objects.
class StopSignal {
 public:
  // Also asks for a stop after so many minutes, unless it is 0.
  explicit StopSignal(double time_budget_minutes = 0);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;
  // Whether a signal asks for it, and not only the time budget: then a kill may follow soon.
  bool signalled() const;
  // Such as "SIGTERM" or "time budget of 30 minutes". Empty if no stop is requested.
  std::string reason() const;

 private:
  bool out_of_time() const;
  double budget_minutes_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace run
