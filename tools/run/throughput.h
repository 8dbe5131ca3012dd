// Measures images and steps per second of training, without the time that evaluations take.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace run {

// "8 images in 0.52 s, 15.4 images/s"
std::string speed_in_words(size_t images, double seconds);

class Throughput {
 public:
  void count(int64_t images) { images_ += images; }
  void count_step() { ++steps_; }  // after the images of the step were counted
  bool counted_any() const { return images_ > 0 || rates_ > 0; }
  // Of this interval.
  double rate() const { return double(images_) / std::max(seconds(), 1e-9); }
  double steps_per_second() const { return double(steps_) / std::max(seconds(), 1e-9); }

  // Ends an interval, which counts in the mean.
  void close() {
    sum_ += rate();
    ++rates_;
    restart();
  }
  // Forgets an interval that was interrupted, and begins a new one.
  void restart() {
    images_ = steps_ = 0;
    start_ = std::chrono::steady_clock::now();
  }
  // The mean rate of the intervals that were closed, if there are any.
  std::optional<double> mean() const {
    return rates_ > 0 ? std::optional(sum_ / double(rates_)) : std::nullopt;
  }

 private:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  int64_t images_ = 0, steps_ = 0, rates_ = 0;
  double sum_ = 0;
};

}  // namespace run
