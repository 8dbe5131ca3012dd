// Picture files of either format, told apart by their first bytes, never by their names.
#pragma once
#include <filesystem>

#include "data/dataset.h"
#include "data/image/jpeg.h"

namespace data {

// As the pixels are stored. Error(data), naming the file: absent, damaged, over a limit, or neither
// JPEG nor PNG.
Image read_image(const std::filesystem::path& path, const DecodeLimits& limits = {});
Image decode_image(std::span<const uint8_t> bytes, const std::string& name,
                   const DecodeLimits& limits = {});
// The same into `image`, whose memory is reused when the file is a JPEG.
void decode_image_into(std::span<const uint8_t> bytes, const std::string& name,
                       const DecodeLimits& limits, Image& image);
// The same, turned by EXIF's orientation where the policy says so. Returns that orientation.
int decode_upright_into(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeLimits& limits, ExifPolicy exif, Image& image);
ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name,
                              const DecodeLimits& limits = {});

// Writes JPEG of quality 90, or PNG when the path ends in .png. Error(data) when it cannot.
void write_image(const std::filesystem::path& path, const Image& image);

}  // namespace data
