// Reads and writes picture files. Their first bytes tell JPEG from PNG; their names never do.
#pragma once
#include <filesystem>

#include "data/dataset.h"
#include "data/image/jpeg.h"

namespace data {

// Returns the pixels as they are stored. Throws Error(data), which names the file, if it is
// damaged, over a limit, or neither JPEG nor PNG.
Picture decode_image(std::span<const uint8_t> bytes, const std::string& name,
                     const DecodeLimits& limits = {});
// Decodes into `image`, whose memory is reused if the file is a JPEG.
void decode_image_into(std::span<const uint8_t> bytes, const std::string& name,
                       const DecodeLimits& limits, Picture& image);
// Also turns the image by EXIF's orientation if the policy says so. Returns that orientation.
int decode_upright_into(std::span<const uint8_t> bytes, const std::string& name,
                        const DecodeLimits& limits, ExifPolicy exif, Picture& image);
ImageHeader read_image_header(std::span<const uint8_t> bytes, const std::string& name,
                              const DecodeLimits& limits = {});

// A PNG if `ending` is .png, else a JPEG of quality 90.
std::vector<uint8_t> encode_image(const Picture& image, const std::string& ending);
// Writes the image, encoded as the path ends. Throws Error(data) if the file cannot be written.
void write_image(const std::filesystem::path& path, const Picture& image);

}  // namespace data
