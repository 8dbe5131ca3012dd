#include "engine/base/time_text.h"

#include <fmt/format.h>

#include <ctime>

namespace base {
namespace {

std::tm broken_down(std::chrono::system_clock::time_point t, bool local) {
  std::time_t seconds = std::chrono::system_clock::to_time_t(t);
  std::tm parts{};
  local ? localtime_r(&seconds, &parts) : gmtime_r(&seconds, &parts);
  return parts;
}

std::string format_time(const char* form, const std::tm& parts) {
  char text[64];
  return {text, std::strftime(text, sizeof text, form, &parts)};
}

}  // namespace

std::string utc_text(std::chrono::system_clock::time_point t) {
  return format_time("%Y-%m-%dT%H:%M:%SZ", broken_down(t, false));
}

std::string local_text(std::chrono::system_clock::time_point t) {
  auto whole = std::chrono::floor<std::chrono::seconds>(t);
  auto micro = std::chrono::duration_cast<std::chrono::microseconds>(t - whole).count();
  return fmt::format("{}.{:06}", format_time("%Y-%m-%d %H:%M:%S", broken_down(whole, true)), micro);
}

std::string duration_text(double seconds) {
  constexpr int64_t kMinute = 60, kHour = 3600, kDay = 86400;
  if (!(seconds >= 0 && seconds < 1e12)) return "?";
  int64_t s = int64_t(seconds + 0.5);
  if (s < kMinute) return fmt::format("{}s", s);
  if (s < kHour) return fmt::format("{}m{:02}s", s / kMinute, s % kMinute);
  if (s < kDay) return fmt::format("{}h{:02}m", s / kHour, s % kHour / kMinute);
  return fmt::format("{}d{:02}h", s / kDay, s % kDay / kHour);
}

}  // namespace base
