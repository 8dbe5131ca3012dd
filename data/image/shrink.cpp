#include "data/image/shrink.h"

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"

namespace data {

namespace {

// One axis of an area average: output pixel i covers [i * step, (i + 1) * step) of the input. Reads
// elements `stride` apart, with 3 channels each, and writes alike; may work in place when
// shrinking.
void average_axis(const float* in, int in_size, float* out, int out_size, size_t stride) {
  double step = double(in_size) / out_size;
  for (int i = 0; i < out_size; ++i) {
    double begin = i * step, end = std::min((i + 1) * step, double(in_size));
    for (size_t c = 0; c < 3; ++c) {
      double sum = 0;
      for (int j = int(begin); j < end; ++j)
        sum += in[size_t(j) * stride + c] * (std::min(j + 1.0, end) - std::max(double(j), begin));
      out[size_t(i) * stride + c] = float(sum / (end - begin));
    }
  }
}

Picture grey_image(int width, int height, uint8_t level) {
  return {width, height, std::vector<uint8_t>(size_t(width) * size_t(height) * 3, level)};
}

void paste(Picture& sheet, const Picture& image, int left, int top) {
  for (int y = 0; y < image.height; ++y)
    std::copy_n(&image.rgb[size_t(y) * size_t(image.width) * 3], size_t(image.width) * 3,
                &sheet.rgb[(size_t(top + y) * size_t(sheet.width) + size_t(left)) * 3]);
}

}  // namespace

Picture shrink_to_fit(const Picture& image, int width, int height) {
  double factor = std::min({1.0, double(width) / image.width, double(height) / image.height});
  if (factor == 1) return image;
  Picture small = grey_image(std::max(1, int(image.width * factor + 1e-9)),
                             std::max(1, int(image.height * factor + 1e-9)), 0);
  std::vector<float> row(size_t(image.width) * 3);
  std::vector<float> narrow(size_t(small.width) * size_t(image.height) * 3);
  size_t stride = size_t(small.width) * 3;
  for (size_t y = 0; y < size_t(image.height); ++y) {
    std::copy_n(&image.rgb[y * row.size()], row.size(), row.begin());
    average_axis(row.data(), image.width, &narrow[y * stride], small.width, 3);
  }
  for (size_t x = 0; x < stride; x += 3)
    average_axis(&narrow[x], image.height, &narrow[x], small.height, stride);
  for (size_t i = 0; i < small.rgb.size(); ++i) small.rgb[i] = uint8_t(std::lround(narrow[i]));
  return small;
}

Picture contact_sheet(std::span<const Picture> images, int columns, int cell) {
  SSD_CHECK(!images.empty() && columns > 0 && cell > 0, images.size(), " images, ", columns,
            " columns of ", cell);
  constexpr int kGap = 4;
  columns = std::min(columns, int(images.size()));
  int largest = 1;
  for (const Picture& image : images) largest = std::max({largest, image.width, image.height});
  cell = std::min(cell, largest);
  int rows = (int(images.size()) + columns - 1) / columns;
  Picture sheet = grey_image(columns * (cell + kGap) + kGap, rows * (cell + kGap) + kGap, 40);
  for (size_t i = 0; i < images.size(); ++i) {
    Picture small = shrink_to_fit(images[i], cell, cell);
    int left = kGap + int(i) % columns * (cell + kGap) + (cell - small.width) / 2;
    int top = kGap + int(i) / columns * (cell + kGap) + (cell - small.height) / 2;
    paste(sheet, small, left, top);
  }
  return sheet;
}

}  // namespace data
