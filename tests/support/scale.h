// How much a test runs: what every change can afford, or, with SSD_TEST_SCALE=full in the
// environment, what a release is held to (docs/testing.md).
#pragma once
#include <cstdlib>
#include <string_view>

namespace tests {

inline bool full_scale() {
  const char* scale = std::getenv("SSD_TEST_SCALE");
  return scale && std::string_view(scale) == "full";
}

inline int scaled(int always, int full) { return full_scale() ? full : always; }

}  // namespace tests
