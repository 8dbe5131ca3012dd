#include "tests/support/oriented.h"

#include <zlib.h>

namespace tests {
namespace {

std::string big_endian(uint32_t value) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 255);
  return text;
}

}  // namespace

std::string tiff_orientation(int orientation, bool big) {
  std::string tiff = big ? std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19)
                         : std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
  tiff += static_cast<char>(orientation);
  tiff += big ? std::string("\0\0\0\0\0\0", 6) : std::string("\0\0\0\0\0\0\0", 7);
  return tiff;
}

std::vector<uint8_t> jpeg_with_orientation(std::vector<uint8_t> jpeg, int orientation, bool big) {
  const std::string block = std::string("Exif\0\0", 6) + tiff_orientation(orientation, big);
  std::vector<uint8_t> marker = {0xff, 0xe1, 0, static_cast<uint8_t>(block.size() + 2)};
  marker.insert(marker.end(), block.begin(), block.end());
  jpeg.insert(jpeg.begin() + 2, marker.begin(), marker.end());
  return jpeg;
}

std::vector<uint8_t> png_with_orientation(std::vector<uint8_t> png, int orientation, bool big) {
  constexpr int kEndOfHeader = 33;  // the signature, and IHDR with its length and checksum
  const std::string tiff = tiff_orientation(orientation, big), body = "eXIf" + tiff;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), uInt(body.size()));
  const std::string chunk =
      big_endian(uint32_t(tiff.size())) + body + big_endian(static_cast<uint32_t>(sum));
  png.insert(png.begin() + kEndOfHeader, chunk.begin(), chunk.end());
  return png;
}

}  // namespace tests
