#include "data/image/metadata.h"

#include <cstring>

namespace data {
namespace {

bool begins_with(FileBytes bytes, std::string_view name) {
  return bytes.size() >= name.size() && std::memcmp(bytes.data(), name.data(), name.size()) == 0;
}

// The bytes of a value of this type if it is a whole number; else 0. EXIF wants SHORT for an
// orientation, but some programs write other types, which viewers accept.
int whole_bytes(uint32_t type) {
  enum { kByte = 1, kShort = 3, kLong = 4, kSignedByte = 6, kSignedShort = 8, kSignedLong = 9 };
  if (type == kByte || type == kSignedByte) return 1;
  if (type == kShort || type == kSignedShort) return 2;
  return type == kLong || type == kSignedLong ? 4 : 0;
}

}  // namespace

uint32_t number_at(FileBytes bytes, size_t at, int size, bool big_endian) {
  if (at > bytes.size() || bytes.size() - at < static_cast<size_t>(size)) return 0;
  uint32_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | bytes[at + (big_endian ? i : size - 1 - i)];
  return value;
}

bool is_png(FileBytes file) { return file.size() > 8 && begins_with(file, "\x89PNG\r\n\x1a\n"); }

FileBytes jpeg_segment(FileBytes jpeg, uint8_t marker, std::string_view name) {
  constexpr uint8_t kStartOfScan = 0xda, kFill = 0xff;
  for (size_t at = 2; at + 4 <= jpeg.size() && jpeg[at] == 0xff;) {
    const uint8_t found = jpeg[at + 1];
    if (found == kFill) {
      ++at;
      continue;
    }
    const size_t length = number_at(jpeg, at + 2, 2, true);
    if (found == kStartOfScan || length < 2 || length > jpeg.size() - at - 2) break;
    const FileBytes body = jpeg.subspan(at + 4, length - 2);
    if (found == marker && begins_with(body, name)) return body.subspan(name.size());
    at += 2 + length;
  }
  return {};
}

FileBytes png_chunk(FileBytes png, std::string_view type) {
  constexpr size_t kSignature = 8, kChunk = 12;  // length, type and checksum around the data
  for (size_t at = kSignature; png.size() >= kChunk && at <= png.size() - kChunk;) {
    const size_t length = number_at(png, at, 4, true);
    const FileBytes name = png.subspan(at + 4, 4);
    if (length > png.size() - at - kChunk || begins_with(name, "IDAT")) break;
    if (begins_with(name, type)) return png.subspan(at + 8, length);
    at += kChunk + length;
  }
  return {};
}

uint32_t tiff_value(FileBytes block, uint32_t tag) {
  if (block.size() < 8) return 0;
  const bool big = block[0] == 'M';
  if (number_at(block, 2, 2, big) != 42) return 0;
  const size_t directory = number_at(block, 4, 4, big);
  const uint32_t entries = number_at(block, directory, 2, big);
  constexpr uint32_t kEntryBytes = 12;
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{i} * kEntryBytes;
    const int bytes = whole_bytes(number_at(block, entry + 2, 2, big));
    if (number_at(block, entry, 2, big) == tag && bytes > 0)
      return number_at(block, entry + 8, bytes, big);
  }
  return 0;
}

}  // namespace data
