// A decoded picture in memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace data {

struct Picture {  // 8-bit RGB, rows from the top, no padding between rows
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;
};

// The pixels of a picture that somebody else keeps: 8-bit RGB, rows from the top.
struct PictureView {
  int width = 0, height = 0;
  const uint8_t* rgb = nullptr;
  ptrdiff_t row_bytes = 0;  // from one row to the next
};

inline PictureView view_of(const Picture& image) {
  return {image.width, image.height, image.rgb.data(), 3 * ptrdiff_t(image.width)};
}

}  // namespace data
