// Times and durations as text.
#pragma once
#include <chrono>
#include <string>

namespace base {

std::string utc_text(std::chrono::system_clock::time_point);    // "2024-01-31T23:59:59Z"
std::string local_text(std::chrono::system_clock::time_point);  // "2024-01-31 23:59:59.123456"
std::string duration_text(double seconds);                      // "42s", "3m07s", "2h05m", "3d04h"

}  // namespace base
