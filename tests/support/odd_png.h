// Picture files of other kinds than one picture of 8 bits of red, green and blue.
#pragma once
#include <png.h>

#include <cstdint>
#include <vector>

namespace tests {

struct PngKind {
  int colour = PNG_COLOR_TYPE_RGB, depth = 8;
  std::vector<uint8_t> pixel;  // as stored; every pixel is the same
  bool colour_key = false;     // tRNS: the palette's first colour, or level 1
  int width = 16, height = 16;
};
std::vector<uint8_t> png_of(const PngKind&);

// The same picture as the first of several: with an acTL chunk behind IHDR.
std::vector<uint8_t> animated(const std::vector<uint8_t>& png, char frames);
// The same as the first of an MPO file: with an MPF segment, which has the number of pictures.
std::vector<uint8_t> with_index(const std::vector<uint8_t>& jpeg, char pictures);

}  // namespace tests
