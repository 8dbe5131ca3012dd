#include "engine/device_wait.h"

#include <atomic>
#include <chrono>

namespace engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Clock::rep kNone = 0;
std::atomic<Clock::rep> since{kNone};

}  // namespace

DeviceWait::DeviceWait() { since = Clock::now().time_since_epoch().count(); }
DeviceWait::~DeviceWait() { since = kNone; }

double seconds_waiting() {
  const Clock::rep start = since;
  if (start == kNone) return 0;
  return std::chrono::duration<double>(Clock::now().time_since_epoch() - Clock::duration(start))
      .count();
}

}  // namespace engine
