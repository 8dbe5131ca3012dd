#include "data/image/file_traits.h"

#include <algorithm>

#include "data/image/metadata.h"

namespace data {
namespace {

int64_t pictures_in(FileBytes file) {
  using namespace std::string_view_literals;
  constexpr uint8_t kApp2 = 0xe2;
  constexpr uint32_t kNumberOfImages = 0xb001;
  // acTL begins with the number of frames. An MPF segment is a TIFF block.
  const int64_t count = is_png(file)
                            ? number_at(png_chunk(file, "acTL"), 0, 4, true)
                            : tiff_value(jpeg_segment(file, kApp2, "MPF\0"sv), kNumberOfImages);
  return std::max<int64_t>(count, 1);
}

}  // namespace

FileTraits traits_of(std::span<const uint8_t> file) {
  constexpr size_t kBitDepth = 24;  // of IHDR, which is the first chunk
  return {.pictures = pictures_in(file),
          .sixteen_bits = is_png(file) && number_at(file, kBitDepth, 1, true) == 16};
}

FileTraits traits_of(std::span<const uint8_t> file, const Picture& picture) {
  FileTraits traits = traits_of(file);
  if (traits.sixteen_bits && !picture.rgb.empty())
    traits.highest = *std::max_element(picture.rgb.begin(), picture.rgb.end());
  return traits;
}

}  // namespace data
