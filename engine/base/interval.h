// The range of an option, which the option's owner states once.
#pragma once
#include <cmath>
#include <limits>
#include <string>

namespace base {

struct Interval {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool above_low = false;  // whether low itself is excluded

  bool contains(double v) const {  // false for NaN and infinity
    return std::isfinite(v) && (above_low ? v > low : v >= low) && v <= high;
  }
};
constexpr Interval at_least(double low) { return {.low = low}; }
constexpr Interval above(double low) { return {.low = low, .above_low = true}; }
constexpr Interval between(double low, double high) { return {.low = low, .high = high}; }

// Such as "from 1 to 10", "above 0" or "of at least 1". Empty for any number.
std::string in_words(const Interval&);

}  // namespace base
