#include "benchmarks/machine_watch.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>

#include "benchmarks/times.h"

namespace benchmarks {
namespace {

constexpr double kOtherCores = 0.05, kStealCores = 0.02, kClockSpread = 1.05;
constexpr double kBetweenTicks = 0.5;  // seconds
constexpr int kTickError = 2;          // ticks by which /proc/stat may be wrong in an interval

std::string text_of(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

double ticks_per_second() { return double(::sysconf(_SC_CLK_TCK)); }

double seconds_of(const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); }

// Of this process and of its children that have ended.
double own_cpu_seconds() {
  double sum = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    sum += seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
  }
  return sum;
}

double thread_seconds() {
  timespec t;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// Iterations per second of a chain of multiplications, each of which waits for the one before: only
// the clock rate changes it. The fastest of some tries, so that interruptions do not count.
double clock_speed() {
  constexpr int kIterations = 100000, kTries = 6;
  double best = 1e30;
  volatile uint64_t kept = 1;
  for (int i = 0; i < kTries; ++i) {
    uint64_t x = kept;
    const double start = thread_seconds();
    for (int k = 0; k < kIterations; ++k) x = x * 6364136223846793005u + 1442695040888963407u;
    best = std::min(best, thread_seconds() - start);
    kept = x;
  }
  return kIterations / best;
}

}  // namespace

CpuTime parse_cpu_time(const std::string& text, double ticks) {
  std::istringstream words(text);
  std::string name;
  double user, nice, system, idle, waiting, irq, soft_irq, steal;
  if (!(words >> name >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> steal) ||
      name != "cpu")
    return {};
  return {.busy = (user + nice + system + irq + soft_irq) / ticks, .steal = steal / ticks};
}

std::vector<std::string> MachineReport::notices() const {
  std::vector<std::string> lines;
  if (other_cores > kOtherCores)
    lines.push_back(fmt::format("other processes used {:.2f} cores meanwhile", other_cores));
  if (steal_cores > kStealCores)
    lines.push_back(fmt::format("the hypervisor took {:.2f} cores meanwhile", steal_cores));
  if (clock_spread > kClockSpread)
    lines.push_back(
        fmt::format("the CPU's clock rate changed by {:.0f} %", 100 * (clock_spread - 1)));
  return lines;
}

nlohmann::ordered_json MachineReport::to_json() const {
  return {{"seconds", seconds},
          {"other_cores", other_cores},
          {"steal_cores", steal_cores},
          {"clock_spread", clock_spread},
          {"notices", notices()}};
}

MachineWatch::MachineWatch()
    : start_(seconds_now(false)),
      own_(own_cpu_seconds()),
      cpu_(parse_cpu_time(text_of("/proc/stat"), ticks_per_second())) {
  look_at_clock();
}

void MachineWatch::look_at_clock() {
  const double speed = clock_speed();
  fastest_ = std::max(fastest_, speed);
  slowest_ = slowest_ == 0 ? speed : std::min(slowest_, speed);
  last_tick_ = seconds_now(false);
}

void MachineWatch::tick() {
  if (seconds_now(false) - last_tick_ >= kBetweenTicks) look_at_clock();
}

double MachineWatch::own_seconds() const { return own_cpu_seconds() - own_; }

MachineReport MachineWatch::report(double helpers) {
  look_at_clock();
  const CpuTime now = parse_cpu_time(text_of("/proc/stat"), ticks_per_second());
  const double seconds = seconds_now(false) - start_;
  const double error = kTickError * double(::sysconf(_SC_NPROCESSORS_ONLN)) / ticks_per_second();
  const double others = now.busy - cpu_.busy - own_seconds() - helpers - error;
  return {.seconds = seconds,
          .other_cores = std::max(0.0, others) / seconds,
          .steal_cores = std::max(0.0, now.steal - cpu_.steal) / seconds,
          .clock_spread = fastest_ / slowest_};
}

void print_notices(const std::string& case_name, const MachineReport& report) {
  for (const std::string& notice : report.notices())
    fmt::print(stderr, "ssdbench: {}: {}\n", case_name, notice);
}

}  // namespace benchmarks
