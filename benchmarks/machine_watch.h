// Notices what makes a measurement doubtful: other work on the machine, and a clock rate that
// changes.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace benchmarks {

// Of all cores since the machine's start, in seconds.
struct CpuTime {
  double busy = 0;   // of all processes
  double steal = 0;  // taken by the hypervisor for other machines
};

// Reads the text of /proc/stat. Zeros if it is not such a text.
CpuTime parse_cpu_time(const std::string& text, double ticks_per_second);

// What was seen between the start of a measurement and its end.
struct MachineReport {
  double seconds = 0;
  double other_cores = 0;  // that other processes used on average
  double steal_cores = 0;
  double clock_spread = 1;  // the fastest over the slowest clock rate seen

  // Sentences for the user; empty if nothing was noticed.
  std::vector<std::string> notices() const;
  nlohmann::ordered_json to_json() const;
};

class MachineWatch {
 public:
  MachineWatch();
  // Looks at the clock rate, at most every half second. It takes a millisecond, so call it between
  // timed steps, and not while a GPU works.
  void tick();
  // CPU seconds of this process, and of its children that have ended, since the watch began.
  double own_seconds() const;
  // `helpers`: CPU seconds of other processes that belong to the measurement.
  MachineReport report(double helpers = 0);

 private:
  void look_at_clock();

  double start_ = 0, own_ = 0, last_tick_ = 0;
  CpuTime cpu_;
  double fastest_ = 0, slowest_ = 0;  // iterations of a fixed loop per second
};

// Prints the notices to standard error, each as a line that says which case it is about.
void print_notices(const std::string& case_name, const MachineReport& report);

}  // namespace benchmarks
