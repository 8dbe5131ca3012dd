// A decoded picture in memory.
#pragma once
#include <cstdint>
#include <vector>

namespace data {

struct Image {  // 8-bit RGB, rows from the top, no padding between rows
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;
};

}  // namespace data
