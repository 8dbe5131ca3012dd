#include "data/image/draw.h"

#include <algorithm>
#include <cmath>

#include "data/image/font.h"
#include "engine/base/error.h"

namespace data {

namespace {

struct PixelRange {  // first and past-the-end
  int left, top, right, bottom;
};

// Rounded to pixels, at least one pixel, and small enough for integer arithmetic.
PixelRange pixels_of(const Rectangle& r) {
  // The comparison also turns NaN into 0.
  auto round = [](double v) { return v == v ? int(std::lround(std::clamp(v, -1e6, 1e6))) : 0; };
  PixelRange p{round(r.x), round(r.y), round(r.x + r.width), round(r.y + r.height)};
  p.right = std::max(p.right, p.left + 1), p.bottom = std::max(p.bottom, p.top + 1);
  return p;
}

void fill(Image& image, PixelRange p, Colour colour) {
  int left = std::max(p.left, 0), right = std::min(p.right, image.width);
  for (int y = std::max(p.top, 0); y < std::min(p.bottom, image.height); ++y)
    for (int x = left; x < right; ++x) {
      uint8_t* pixel = &image.rgb[(size_t(y) * size_t(image.width) + size_t(x)) * 3];
      pixel[0] = colour.red, pixel[1] = colour.green, pixel[2] = colour.blue;
    }
}

// Black or white, whichever reads better on the colour.
Colour readable_on(Colour c) {
  bool light = 0.299 * c.red + 0.587 * c.green + 0.114 * c.blue > 140;
  return light ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

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

void paste(Image& sheet, const Image& image, int left, int top) {
  for (int y = 0; y < image.height; ++y)
    std::copy_n(&image.rgb[size_t(y) * size_t(image.width) * 3], size_t(image.width) * 3,
                &sheet.rgb[(size_t(top + y) * size_t(sheet.width) + size_t(left)) * 3]);
}

}  // namespace

Colour class_colour(int64_t category) {
  static constexpr Colour kColours[10] = {
      {230, 60, 50},  {40, 130, 230},  {60, 170, 70},  {250, 180, 20}, {160, 80, 200},
      {20, 190, 200}, {240, 110, 170}, {150, 100, 50}, {140, 200, 30}, {250, 120, 30}};
  uint64_t index = uint64_t(category);
  Colour c = kColours[index % 10];
  double shade = 1 - 0.13 * double(index / 10 % 5);  // fifty differ
  return {uint8_t(c.red * shade), uint8_t(c.green * shade), uint8_t(c.blue * shade)};
}

Image blank_image(int width, int height, Colour colour) {
  SSD_CHECK(width > 0 && height > 0, width, "x", height);
  Image image{width, height, std::vector<uint8_t>(size_t(width) * size_t(height) * 3)};
  fill(image, {0, 0, width, height}, colour);
  return image;
}

void fill_rectangle(Image& image, const Rectangle& area, Colour colour) {
  fill(image, pixels_of(area), colour);
}

void draw_rectangle(Image& image, const Rectangle& area, int thickness, Colour colour) {
  PixelRange p = pixels_of(area);
  int t = std::max(1, std::min({thickness, p.right - p.left, p.bottom - p.top}));
  fill(image, {p.left, p.top, p.right, p.top + t}, colour);
  fill(image, {p.left, p.bottom - t, p.right, p.bottom}, colour);
  fill(image, {p.left, p.top, p.left + t, p.bottom}, colour);
  fill(image, {p.right - t, p.top, p.right, p.bottom}, colour);
}

void draw_text(Image& image, int x, int y, const std::string& utf8, int scale, Colour colour) {
  for (char32_t character : characters_of(utf8)) {
    auto rows = glyph(character);
    for (int row = 0; row < kGlyphHeight; ++row)
      for (int column = 0; column < kGlyphWidth; ++column) {
        if (!(rows[size_t(row)] >> (kGlyphWidth - 1 - column) & 1)) continue;
        int left = x + column * scale, top = y + row * scale;
        fill(image, {left, top, left + scale, top + scale}, colour);
      }
    x += kGlyphAdvance * scale;
    if (x >= image.width) return;
  }
}

void draw_box(Image& image, const Rectangle& area, const std::string& label, Colour colour) {
  int side = std::min(image.width, image.height);
  int scale = std::clamp((side + 125) / 250, 1, 8);
  draw_rectangle(image, area, scale, colour);
  if (label.empty()) return;
  PixelRange p = pixels_of(area);
  int margin = scale;
  int height = kGlyphHeight * scale + 2 * margin;
  int width = int(characters_of(label).size()) * kGlyphAdvance * scale + 2 * margin - scale;
  int left = std::clamp(p.left, 0, std::max(0, image.width - width));
  int top =
      p.top >= height ? p.top - height : std::clamp(p.top, 0, std::max(0, image.height - height));
  fill(image, {left, top, left + width, top + height}, colour);
  draw_text(image, left + margin, top + margin, label, scale, readable_on(colour));
}

Image shrink_to_fit(const Image& image, int width, int height) {
  double factor = std::min({1.0, double(width) / image.width, double(height) / image.height});
  if (factor == 1) return image;
  Image small = blank_image(std::max(1, int(image.width * factor + 1e-9)),
                            std::max(1, int(image.height * factor + 1e-9)), {});
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

Image contact_sheet(std::span<const Image> images, int columns, int cell) {
  SSD_CHECK(!images.empty() && columns > 0 && cell > 0, images.size(), " images, ", columns,
            " columns of ", cell);
  constexpr int kGap = 4;
  columns = std::min(columns, int(images.size()));
  int largest = 1;
  for (const Image& image : images) largest = std::max({largest, image.width, image.height});
  cell = std::min(cell, largest);
  int rows = (int(images.size()) + columns - 1) / columns;
  Image sheet =
      blank_image(columns * (cell + kGap) + kGap, rows * (cell + kGap) + kGap, {40, 40, 40});
  for (size_t i = 0; i < images.size(); ++i) {
    Image small = shrink_to_fit(images[i], cell, cell);
    int left = kGap + int(i) % columns * (cell + kGap) + (cell - small.width) / 2;
    int top = kGap + int(i) / columns * (cell + kGap) + (cell - small.height) / 2;
    paste(sheet, small, left, top);
  }
  return sheet;
}

}  // namespace data
