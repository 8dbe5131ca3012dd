// Reads and writes picture files. Their first bytes tell JPEG from PNG; their names never do.
#pragma once
#include <filesystem>

#include "data/dataset.h"
#include "data/image/jpeg.h"

namespace data {

// Return the pixels as they are stored. They throw Error(data), which names the file, if it is
// absent, damaged, over a limit, or neither JPEG nor PNG.
Image read_image(const std::filesystem::path& path, const DecodeLimits& limits = {});
Image decode_image(std::span<const uint8_t> bytes, const std::string& name,
                   const DecodeLimits& limits = {});
// Decodes into `image`, whose memory is reused if the file is a JPEG.
void decode_image_into(std::span<const uint8_t> bytes, const std::string& name,
                       const DecodeLimits& limits, Image& image);
// Also turns the image by EXIF's orientation if the policy says so. Returns that orientation.
int decode_upright_into(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeLimits& limits, ExifPolicy exif, Image& image);
ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name,
                              const DecodeLimits& limits = {});

// Writes a PNG if the path ends in .png, else a JPEG of quality 90. Throws Error(data) if the file
// cannot be written.
void write_image(const std::filesystem::path& path, const Image& image);

}  // namespace data
