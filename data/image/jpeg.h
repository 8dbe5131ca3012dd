// JPEG in and out, by libjpeg-turbo, with the rules of TensorFlow's decoder: fast integer DCT,
// fancy upsampling, pixels as they are stored, grey repeated to three channels.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/image/image.h"

namespace data {

// What a file may ask of the decoder. Checked on the header, before anything is allocated.
struct DecodeLimits {
  uint64_t max_file_bytes = uint64_t(64) << 20;
  int max_side = 16384;
  int64_t max_pixels = int64_t(1) << 26;
  int max_scans = 100;                             // of a progressive JPEG
  int64_t max_decoder_bytes = int64_t(512) << 20;  // working memory beside the picture itself
};

struct ImageHeader {
  int width = 0, height = 0;
  // 1 grey, 2 grey and alpha, 3 colour, 4 CMYK or colour and alpha; a palette counts as colour.
  int components = 0;
  int bits = 8;        // per component
  bool alpha = false;  // transparency of pixels, of a palette's colours, or of one colour
};

// `name` stands in every message. Error(data): no JPEG, damaged or cut off, over a limit, 12 bits
// per sample, arithmetic or lossless coding, or other than 1, 3 or 4 components.
Image decode_jpeg(std::span<const uint8_t> bytes, const std::string& name,
                  const DecodeLimits& limits = {});
// The same into `image`, whose memory is reused.
void decode_jpeg_into(std::span<const uint8_t> bytes, const std::string& name,
                      const DecodeLimits& limits, Image& image);
ImageHeader read_jpeg_header(std::span<const uint8_t> bytes, const std::string& name,
                             const DecodeLimits& limits = {});

// quality: 1..100; chroma is subsampled 4:2:0.
std::vector<uint8_t> encode_jpeg(const Image& image, int quality);

// Throws Error(data) naming the limit that a picture of this size breaks.
void check_dimensions(const ImageHeader& header, const std::string& name,
                      const DecodeLimits& limits);

}  // namespace data
