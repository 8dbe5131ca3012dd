// Pictures and encoded files for tests of the decoders.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/image/picture.h"

namespace tests {

// Smooth colours with some texture, different in every corner.
data::Picture picture(int width, int height);

// The pixels of a JPEG or PNG file as they are stored.
data::Picture read_image(const std::filesystem::path& path);

double mean_of(const data::Picture&, int channel);
double largest_difference(const data::Picture&, const data::Picture&);  // in levels
double mean_difference(const data::Picture&, const data::Picture&);

struct JpegVariant {
  int components = 3;                // 1 grey, 3 YCbCr, 4 CMYK
  int horizontal = 2, vertical = 2;  // sampling factors of the first component; the others have 1
  bool progressive = false;
  bool adobe_marker = false;
  bool ycck = false;  // of four components
  int restart_interval = 0;
  int quality = 95;
};

// Encodes with libjpeg. Four components: the inks that the decoder's rule turns back into `image`.
std::vector<uint8_t> make_jpeg(const data::Picture& image, const JpegVariant& variant);

}  // namespace tests
