#include "tests/support/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>

#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"

namespace tests {

data::Picture picture(int width, int height) {
  data::Picture image{width, height, std::vector<uint8_t>(size_t(width) * size_t(height) * 3)};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      double u = (x + 0.5) / width, v = (y + 0.5) / height;
      uint8_t* p = &image.rgb[(size_t(y) * size_t(width) + size_t(x)) * 3];
      p[0] = uint8_t(40 + 170 * u);
      p[1] = uint8_t(200 - 150 * v);
      p[2] = uint8_t(120 + 60 * std::sin(7 * u + 5 * v));
    }
  return image;
}

data::Picture read_image(const std::filesystem::path& path) {
  const data::DecodeLimits limits;
  return data::decode_image(base::read_file(path, limits.max_file_bytes), path.string());
}

double mean_of(const data::Picture& image, int channel) {
  double sum = 0;
  for (size_t i = size_t(channel); i < image.rgb.size(); i += 3) sum += image.rgb[i];
  return sum / (double(image.rgb.size()) / 3);
}

double largest_difference(const data::Picture& a, const data::Picture& b) {
  SSD_CHECK(a.rgb.size() == b.rgb.size() && a.width == b.width, "pictures of different sizes");
  int worst = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) worst = std::max(worst, std::abs(a.rgb[i] - b.rgb[i]));
  return worst;
}

double mean_difference(const data::Picture& a, const data::Picture& b) {
  SSD_CHECK(a.rgb.size() == b.rgb.size() && a.width == b.width, "pictures of different sizes");
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) sum += std::abs(a.rgb[i] - b.rgb[i]);
  return sum / double(a.rgb.size());
}

namespace {

// Fills one row in the colour space that the variant is compressed from.
void make_row(const uint8_t* rgb, const JpegVariant& v, std::vector<uint8_t>& row) {
  size_t width = row.size() / size_t(v.components);
  for (size_t x = 0; x < width; ++x, rgb += 3)
    for (size_t c = 0; c < size_t(v.components); ++c) {
      int ink = c == 3 ? 255 : rgb[c];  // inverted: 255 is no ink
      bool inverted = v.components < 4 || v.adobe_marker;
      row[x * size_t(v.components) + c] = uint8_t(inverted ? ink : 255 - ink);
    }
}

void configure(jpeg_compress_struct& info, const JpegVariant& v) {
  info.input_components = v.components;
  info.in_color_space = v.components == 1 ? JCS_GRAYSCALE : v.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  if (v.components == 4) jpeg_set_colorspace(&info, v.ycck ? JCS_YCCK : JCS_CMYK);
  if (v.components == 4) info.write_Adobe_marker = v.adobe_marker;
  jpeg_set_quality(&info, v.quality, TRUE);
  info.comp_info[0].h_samp_factor = v.horizontal;
  info.comp_info[0].v_samp_factor = v.vertical;
  if (v.components == 4) {
    info.comp_info[3].h_samp_factor = v.horizontal;
    info.comp_info[3].v_samp_factor = v.vertical;
    for (int c = 1; c < 3 && !v.ycck; ++c) {
      info.comp_info[c].h_samp_factor = v.horizontal;
      info.comp_info[c].v_samp_factor = v.vertical;
    }
  }
  info.restart_interval = unsigned(v.restart_interval);
  if (v.progressive) jpeg_simple_progression(&info);
}

}  // namespace

std::vector<uint8_t> make_jpeg(const data::Picture& image, const JpegVariant& v) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr error;
  info.err = jpeg_std_error(&error);  // ends the program on an error: these pictures are our own
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = JDIMENSION(image.width), info.image_height = JDIMENSION(image.height);
  configure(info, v);
  jpeg_start_compress(&info, TRUE);
  std::vector<uint8_t> row(size_t(image.width) * size_t(v.components));
  while (info.next_scanline < info.image_height) {
    make_row(&image.rgb[size_t(info.next_scanline) * size_t(image.width) * 3], v, row);
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::unique_ptr<unsigned char, void (*)(void*)> owner(bytes, std::free);
  return {bytes, bytes + size};
}

}  // namespace tests
