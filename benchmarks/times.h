// Clocks, and what is said of the times of repeated runs.
#pragma once
#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <vector>

namespace benchmarks {

// How often something is timed. Of fewer runs, min, median and max would be one figure or two.
constexpr int kFewestRuns = 3, kMostRuns = 1000000;
constexpr const char* kWhyNotFewer = "fewer runs show no noise";

// Seconds of the host: wall time, or CPU time of all threads.
inline double seconds_now(bool cpu_time) {
  timespec t;
  clock_gettime(cpu_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

// Seconds of repeated runs; at least one.
class Times {
 public:
  explicit Times(std::vector<double> seconds) : seconds_(std::move(seconds)) {
    std::sort(seconds_.begin(), seconds_.end());
  }
  double min() const { return seconds_.front(); }
  double max() const { return seconds_.back(); }
  double median() const { return quantile(0.5); }
  double mean() const {
    double sum = 0;
    for (double s : seconds_) sum += s;
    return sum / double(seconds_.size());
  }
  // Linear interpolation between the neighbours, as numpy's default.
  double quantile(double q) const {
    const double at = q * double(seconds_.size() - 1);
    const size_t below = size_t(at), above = std::min(below + 1, seconds_.size() - 1);
    return seconds_[below] + (at - double(below)) * (seconds_[above] - seconds_[below]);
  }
  // The original's throughput: the mean of rates, which is at least the rate of the mean.
  double mean_rate(double items) const {
    double sum = 0;
    for (double s : seconds_) sum += items / s;
    return sum / double(seconds_.size());
  }
  // {"min", "p25", "median", "p75", "max", "mean"}, times `scale`: 1e3 for milliseconds.
  // `ssdbench compare` reads the quartiles.
  nlohmann::ordered_json spread(double scale) const {
    return {{"min", scale * min()},       {"p25", scale * quantile(0.25)},
            {"median", scale * median()}, {"p75", scale * quantile(0.75)},
            {"max", scale * max()},       {"mean", scale * mean()}};
  }
  // Runs needed before the quantile lies between two runs and is not just the slowest one.
  bool supports(double q) const { return double(seconds_.size()) * (1 - q) >= 0.999; }
  nlohmann::ordered_json quantile_ms(double q) const {
    return supports(q) ? nlohmann::ordered_json(1e3 * quantile(q)) : nullptr;
  }

 private:
  std::vector<double> seconds_;  // in rising order
};

}  // namespace benchmarks
