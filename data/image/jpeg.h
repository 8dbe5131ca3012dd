// Reads and writes JPEG with libjpeg-turbo. Decoding follows TensorFlow's decoder: fast integer
// DCT, fancy upsampling, pixels as they are stored, grey repeated to three channels.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/image/picture.h"

namespace data {

// What a file may ask of the decoder. The header is checked before anything is allocated.
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

// These throw Error(data), which contains `name`, if the bytes are no JPEG, are damaged or cut off,
// are over a limit, or use what is not supported: 12 bits per sample, arithmetic or lossless
// coding, or a number of components other than 1, 3 and 4.
Picture decode_jpeg(std::span<const uint8_t> bytes, const std::string& name,
                    const DecodeLimits& limits = {});
// Decodes into `image`, whose memory is reused.
void decode_jpeg_into(std::span<const uint8_t> bytes, const std::string& name,
                      const DecodeLimits& limits, Picture& image);
ImageHeader read_jpeg_header(std::span<const uint8_t> bytes, const std::string& name,
                             const DecodeLimits& limits = {});

// quality is 1..100. Chroma is subsampled 4:2:0.
std::vector<uint8_t> encode_jpeg(const Picture& image, int quality);

// Throws Error(data), which names the limit, if a picture of this size breaks one.
void check_dimensions(const ImageHeader& header, const std::string& name,
                      const DecodeLimits& limits);

}  // namespace data
