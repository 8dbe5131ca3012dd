#include "tests/support/odd_png.h"

#include <zlib.h>

#include <string>
#include <string_view>

namespace tests {
namespace {

void append(png_structp png, png_bytep bytes, size_t count) {
  auto& out = *static_cast<std::vector<uint8_t>*>(png_get_io_ptr(png));
  out.insert(out.end(), bytes, bytes + count);
}

std::vector<uint8_t> joined(std::vector<uint8_t> begin, std::string_view middle,
                            const std::vector<uint8_t>& file, size_t from) {
  begin.insert(begin.end(), middle.begin(), middle.end());
  begin.insert(begin.end(), file.begin() + ptrdiff_t(from), file.end());
  return begin;
}

}  // namespace

std::vector<uint8_t> png_of(const PngKind& kind) {
  std::vector<uint8_t> out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, append, nullptr);
  png_set_IHDR(png, info, kind.width, kind.height, kind.depth, kind.colour, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const png_color palette[] = {{10, 20, 30}, {200, 100, 50}};
  if (kind.colour == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 2);
  const png_byte clear[] = {0};
  png_color_16 level{};
  level.gray = level.red = level.green = level.blue = 1;
  if (kind.colour_key) png_set_tRNS(png, info, clear, 1, &level);
  png_write_info(png, info);
  std::vector<uint8_t> row;
  for (int x = 0; x < kind.width; ++x) row.insert(row.end(), kind.pixel.begin(), kind.pixel.end());
  for (int y = 0; y < kind.height; ++y) png_write_row(png, row.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

std::vector<uint8_t> animated(const std::vector<uint8_t>& png, char frames) {
  constexpr size_t kHeader = 33;
  std::string chunk("\0\0\0\10acTL\0\0\0", 11);
  chunk += std::string({frames, 0, 0, 0, 0});
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(chunk.data()) + 4, 12);
  for (int shift = 24; shift >= 0; shift -= 8) chunk += char(crc >> shift & 0xff);
  return joined({png.begin(), png.begin() + kHeader}, chunk, png, kHeader);
}

std::vector<uint8_t> with_index(const std::vector<uint8_t>& jpeg, char pictures) {
  std::string segment("\xff\xe2\0\x1cMPF\0II*\0\10\0\0\0\1\0\1\xb0\4\0\1\0\0\0", 26);
  segment += std::string({pictures, 0, 0, 0});
  return joined({jpeg.begin(), jpeg.begin() + 2}, segment, jpeg, 2);
}

}  // namespace tests
