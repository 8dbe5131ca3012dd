// What the device reaches at most, measured: the two lines of its roofline.
#pragma once
#include <algorithm>
#include <string>

#include "engine/backend.h"
#include "engine/precision.h"

namespace benchmarks {

struct Peaks {
  double flop_per_second = 0;   // of the best of a few large convolutions
  double bytes_per_second = 0;  // of a large copy or sum, reading and writing counted
  std::string convolution;      // which one was the best

  // The least time that an operation can take.
  double seconds(double flop, double bytes) const {
    return std::max(flop / flop_per_second, bytes / bytes_per_second);
  }
};

// `backend` is a MeteredBackend; the best of `runs` counts.
Peaks measure_peaks(engine::Backend& backend, const engine::Precision&, int runs);
// The best of two measurements, since other work on the machine may have disturbed one of them.
Peaks best_of(const Peaks&, const Peaks&);

}  // namespace benchmarks
