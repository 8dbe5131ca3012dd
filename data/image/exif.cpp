#include "data/image/exif.h"

#include <cstddef>
#include <cstring>

namespace data {
namespace {

using Bytes = std::span<const uint8_t>;

// Unsigned numbers of a TIFF block in its byte order; 0 outside the block.
struct Tiff {
  Bytes bytes;
  bool big;

  uint32_t number(size_t at, int size) const {
    if (at > bytes.size() || bytes.size() - at < static_cast<size_t>(size)) return 0;
    uint32_t value = 0;
    for (int i = 0; i < size; ++i) value = value << 8 | bytes[at + (big ? i : size - 1 - i)];
    return value;
  }
};

// The bytes of a value of this type if it is a whole number; else 0. EXIF wants SHORT, but some
// programs write other types, which viewers accept.
int whole_bytes(uint32_t type) {
  enum { kByte = 1, kShort = 3, kLong = 4, kSignedByte = 6, kSignedShort = 8, kSignedLong = 9 };
  if (type == kByte || type == kSignedByte) return 1;
  if (type == kShort || type == kSignedShort) return 2;
  return type == kLong || type == kSignedLong ? 4 : 0;
}

int orientation_in(Bytes block) {
  if (block.size() < 8) return 1;
  Tiff tiff{block, block[0] == 'M'};
  if (tiff.number(2, 2) != 42) return 1;
  size_t directory = tiff.number(4, 4);
  uint32_t entries = tiff.number(directory, 2);
  constexpr uint32_t kOrientation = 0x0112, kEntryBytes = 12;
  for (uint32_t i = 0; i < entries; ++i) {
    size_t entry = directory + 2 + size_t{i} * kEntryBytes;
    const int bytes = whole_bytes(tiff.number(entry + 2, 2));
    if (tiff.number(entry, 2) != kOrientation || bytes == 0) continue;
    uint32_t value = tiff.number(entry + 8, bytes);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

int jpeg_orientation(Bytes jpeg) {
  constexpr uint8_t kApp1 = 0xe1, kStartOfScan = 0xda;
  size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == 0xff) {
    uint8_t marker = jpeg[at + 1];
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    size_t length = size_t{jpeg[at + 2]} << 8 | jpeg[at + 3];
    if (marker == kStartOfScan || length < 2 || length > jpeg.size() - at - 2) return 1;
    Bytes body = jpeg.subspan(at + 4, length - 2);
    if (marker == kApp1 && body.size() > 6 && std::memcmp(body.data(), "Exif\0\0", 6) == 0)
      return orientation_in(body.subspan(6));
    at += 2 + length;
  }
  return 1;
}

// The eXIf chunk holds the TIFF block alone.
int png_orientation(Bytes png) {
  constexpr size_t kSignature = 8, kChunk = 12;  // length, type and checksum around the data
  for (size_t at = kSignature; png.size() >= kChunk && at <= png.size() - kChunk;) {
    const size_t length = Tiff{png, true}.number(at, 4);
    const uint8_t* type = png.data() + at + 4;
    if (length > png.size() - at - kChunk || std::memcmp(type, "IDAT", 4) == 0) return 1;
    if (std::memcmp(type, "eXIf", 4) == 0) return orientation_in(png.subspan(at + 8, length));
    at += kChunk + length;
  }
  return 1;
}

}  // namespace

int exif_orientation(Bytes file) {
  const bool png = file.size() > 8 && std::memcmp(file.data(), "\x89PNG\r\n\x1a\n", 8) == 0;
  return png ? png_orientation(file) : jpeg_orientation(file);
}

}  // namespace data
