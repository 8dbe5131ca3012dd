#include <algorithm>
#include <span>

#include "data/image/png.h"
#include "tests/fuzz/target.h"
#include "tests/support/picture.h"

namespace {

const data::DecodeLimits kLimits{.max_pixels = 1 << 20, .max_decoder_bytes = 256 << 20};

uint32_t big_endian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | uint8_t(bytes[at + i]);
  return value;
}

uint32_t crc_of(std::string_view bytes) {  // PNG specification, annex D
  uint32_t crc = 0xffffffffu;
  for (unsigned char byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
  }
  return ~crc;
}

// Right checksums on every chunk, so that changes reach what lies behind them.
std::string with_checksums(std::string bytes) {
  for (size_t at = 8; at + 12 <= bytes.size();) {
    const size_t length = std::min<size_t>(big_endian(bytes, at), bytes.size() - at - 12);
    const uint32_t crc = crc_of(std::string_view(bytes).substr(at + 4, length + 4));
    for (size_t i = 0; i < 4; ++i) bytes[at + 8 + length + i] = char(crc >> (24 - 8 * i));
    at += 12 + length;
  }
  return bytes;
}

}  // namespace

fuzz::Target fuzz::target() {
  Target t{.words = {"IHDR", "IDAT", "IEND", "PLTE", "tRNS", "gAMA", "iCCP", "eXIf", "sBIT"},
           .inputs = 50000};
  for (auto [width, height] : {std::pair{1, 1}, {40, 28}, {9, 70}}) {
    const std::vector<uint8_t> png = data::encode_png(tests::picture(width, height));
    t.seeds.emplace_back(png.begin(), png.end());
  }
  // One pixel of every other colour type and depth: [depth, type] at 24, interlacing at 28.
  for (auto [depth, type] : {std::pair{1, 0}, {16, 0}, {8, 4}, {16, 2}, {16, 6}, {8, 6}})
    for (char interlaced : {0, 1}) {
      std::string png = t.seeds[1];
      png[24] = char(depth), png[25] = char(type), png[28] = interlaced;
      t.seeds.push_back(png);
    }
  return t;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string sound = with_checksums({reinterpret_cast<const char*>(data), size});
  const std::span<const uint8_t> given(data, size),
      repaired(reinterpret_cast<const uint8_t*>(sound.data()), sound.size());
  for (std::span<const uint8_t> bytes : {given, repaired}) {
    fuzz::expect({base::ExitCode::data},
                 [&] { data::read_png_header(bytes, "fuzz.png", kLimits); });
    fuzz::expect({base::ExitCode::data}, [&] { data::decode_png(bytes, "fuzz.png", kLimits); });
  }
  return 0;
}
