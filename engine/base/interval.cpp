#include "engine/base/interval.h"

#include <fmt/format.h>

namespace base {

std::string in_words(const Interval& r) {
  const bool low = std::isfinite(r.low), high = std::isfinite(r.high);
  if (low && high) return fmt::format("{} {} to {}", r.above_low ? "above" : "from", r.low, r.high);
  if (low) return fmt::format("{} {}", r.above_low ? "above" : "of at least", r.low);
  return high ? fmt::format("up to {}", r.high) : "";
}

}  // namespace base
