#include "data/image/image_file.h"

#include <algorithm>
#include <string_view>

#include "data/image/exif.h"
#include "data/image/orientation.h"
#include "data/image/png.h"
#include "engine/base/error.h"
#include "engine/base/write_file.h"

namespace data {

namespace {

enum class Format { jpeg, png };

std::string_view text_at(std::span<const uint8_t> bytes, size_t at, size_t count) {
  if (bytes.size() < at + count) return {};
  return {reinterpret_cast<const char*>(bytes.data()) + at, count};
}

// What a file that is no JPEG or PNG seems to be.
std::string describe(std::span<const uint8_t> bytes) {
  struct Signature {
    size_t at;
    std::string_view text;
    const char* what;
  };
  using namespace std::string_view_literals;
  static constexpr Signature kSignatures[] = {{0, "GIF8"sv, "a GIF"},
                                              {8, "WEBP"sv, "a WebP picture"},
                                              {0, "BM"sv, "a BMP picture"},
                                              {0, "II*\0"sv, "a TIFF picture"},
                                              {0, "MM\0*"sv, "a TIFF picture"},
                                              {4, "ftyp"sv, "an AVIF, HEIC or MP4 file"},
                                              {0, "%PDF"sv, "a PDF"},
                                              {0, "\x1f\x8b"sv, "a gzip file"},
                                              {0, "PK\x03\x04"sv, "a zip file"},
                                              {4, "jP  "sv, "a JPEG 2000 picture"},
                                              {0, "\xff\x0a"sv, "a JPEG XL picture"}};
  for (const auto& s : kSignatures)
    if (text_at(bytes, s.at, s.text.size()) == s.text) return s.what;
  auto head = bytes.first(std::min<size_t>(bytes.size(), 64));
  if (std::all_of(head.begin(), head.end(), [](uint8_t b) { return b == 0; })) return "zero bytes";
  bool text = std::all_of(head.begin(), head.end(),
                          [](uint8_t b) { return (b >= 32 && b < 127) || (b >= 9 && b <= 13); });
  if (text && head.front() == '<') return "an HTML or XML page";
  if (text_at(bytes, 0, 16) == "version https://")
    return "the pointer that Git LFS leaves (`git lfs pull` fetches the picture)";
  return text ? "a text" : "of an unknown kind";
}

Format kind_of(std::span<const uint8_t> bytes, const std::string& name) {
  if (bytes.empty())
    base::fail(base::ExitCode::data, name, ": the file is empty, expected a JPEG or PNG picture");
  if (text_at(bytes, 0, 2) == "\xff\xd8") return Format::jpeg;
  if (text_at(bytes, 0, 8) == "\x89PNG\r\n\x1a\n") return Format::png;
  base::fail(base::ExitCode::data, name, ": the file is ", describe(bytes),
             ", expected a JPEG or PNG picture");
}

}  // namespace

Picture decode_image(std::span<const uint8_t> bytes, const std::string& name,
                     const DecodeLimits& limits) {
  return kind_of(bytes, name) == Format::jpeg ? decode_jpeg(bytes, name, limits)
                                              : decode_png(bytes, name, limits);
}

void decode_image_into(std::span<const uint8_t> bytes, const std::string& name,
                       const DecodeLimits& limits, Picture& image) {
  if (kind_of(bytes, name) == Format::jpeg)
    decode_jpeg_into(bytes, name, limits, image);
  else
    image = decode_png(bytes, name, limits);
}

int decode_upright_into(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeLimits& limits, ExifPolicy exif, Picture& image) {
  decode_image_into(bytes, name, limits, image);
  const int orientation = exif_orientation(bytes);
  if (exif == ExifPolicy::upright) turn_upright(image, orientation);
  return orientation;
}

ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name,
                              const DecodeLimits& limits) {
  return kind_of(bytes, name) == Format::jpeg ? read_jpeg_header(bytes, name, limits)
                                              : read_png_header(bytes, name, limits);
}

std::vector<uint8_t> encode_image(const Picture& image, const std::string& ending) {
  return ending == ".png" ? encode_png(image) : encode_jpeg(image, 90);
}

void write_image(const std::filesystem::path& path, const Picture& image) {
  base::write_file(path, encode_image(image, path.extension().string()), base::not_durable());
}

}  // namespace data
