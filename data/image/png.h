// Reads and writes PNG with libpng. Every colour type and depth becomes 8-bit RGB: alpha is
// dropped, 16 bits are rounded to 8, and gamma and colour profiles are ignored, as training
// frameworks do.
#pragma once
#include "data/image/jpeg.h"

namespace data {

// These throw Error(data), which contains `name`, if the bytes are no PNG, are damaged or cut off,
// or are over a limit.
Picture decode_png(std::span<const uint8_t> bytes, const std::string& name,
                   const DecodeLimits& limits = {});
ImageHeader read_png_header(std::span<const uint8_t> bytes, const std::string& name,
                            const DecodeLimits& limits = {});

std::vector<uint8_t> encode_png(const Picture& image);

}  // namespace data
