#include "data/image/exif.h"

#include "data/image/metadata.h"

namespace data {

int exif_orientation(std::span<const uint8_t> file) {
  using namespace std::string_view_literals;
  constexpr uint8_t kApp1 = 0xe1;
  constexpr uint32_t kOrientation = 0x0112;
  // The eXIf chunk holds the TIFF block alone.
  const FileBytes block =
      is_png(file) ? png_chunk(file, "eXIf") : jpeg_segment(file, kApp1, "Exif\0\0"sv);
  const uint32_t value = tiff_value(block, kOrientation);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

}  // namespace data
