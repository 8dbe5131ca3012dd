// Stops a run on request, between two steps, with a checkpoint.
#pragma once
#include <chrono>
#include <string>

namespace run {

// Once per program. SIGTERM, SIGINT, SIGUSR1 (sent by batch systems before the end of a job) and
// SIGHUP (the terminal is gone) ask for a stop. A second SIGTERM ends the program at once with code
// 143, a second SIGINT with 130; SIGUSR1 and SIGHUP may come any number of times. SIGHUP stays
// ignored where it was, as under nohup.
class StopSignal {
 public:
  explicit StopSignal(double time_budget_minutes = 0);  // 0: no budget
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;
  std::string reason() const;  // "SIGTERM", "time budget of 30 minutes"; empty when not requested

 private:
  bool out_of_time() const;
  double budget_minutes_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace run
