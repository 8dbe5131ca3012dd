// A run of several ranks of which one is about to fail, and how it has to end.
#pragma once
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/marked_processes.h"
#include "tests/support/tools/rank_processes.h"
#include "tests/support/tools/two_machines.h"

namespace tests {

// What a run does most of the time.
struct Phase {
  const char* name;
  const char* keys;
  bool before_first_step;
};

inline constexpr double kRankTimeout = 10, kRankGrace = 5;  // seconds
inline constexpr int kLeaves = SIGUSR2;                     // with tests/leaving_rank

class FailingRanks {
 public:
  // The ranks run on this machine, where one program starts them, or by turns on two.
  FailingRanks(const Phase& phase, int ranks, const TwoMachines* machines = nullptr);

  void wait_for_checkpoint() const;
  // The processes of all ranks, in order, as soon as all are there.
  std::vector<pid_t> processes();

  // Lets the rank fail by a signal, or cuts the link between the machines, and checks how all end.
  // Returns after how many seconds.
  double end_by(const std::vector<pid_t>& processes, size_t rank, int signal);
  double end_by_cut_link(const std::vector<pid_t>& processes);

  // The run goes on, to the bits of one that nobody has disturbed.
  void check_goes_on() const;

 private:
  std::string start() const;
  std::string common(const char* folder = "run") const;
  std::string log_of(size_t job) const;
  void start_jobs();
  int64_t saved() const;
  double wait_for_jobs(size_t failing);
  void check_ended(int64_t saved_before, double seconds);
  std::string host_of(size_t rank) const;
  bool names(const std::string& said, size_t rank) const;
  bool ends_before_meeting(const std::string& said, size_t rank, int signal) const;
  bool is_listened_at_port() const;
  void check_nothing_left() const;

  ProcessMark mark_;
  TrainingPlace place_;
  Phase phase_;
  int ranks_, port_;
  const TwoMachines* machines_;
  std::vector<std::unique_ptr<Background>> jobs_;  // one, or on two machines one for each rank
  std::vector<std::string> said_;                  // by each
};

}  // namespace tests
