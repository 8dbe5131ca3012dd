#include "data/image/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <memory>

#include "engine/base/error.h"

namespace data {

namespace {

constexpr int64_t kStripPixels = 4 << 20;  // of 4 bytes each

struct Destroy {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, Destroy>;
using Context = std::unique_ptr<cairo_t, Destroy>;

void check(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS)
    base::fail(base::ExitCode::resources, "Cairo cannot draw: ", cairo_status_to_string(status));
}

// Calls change(rgb, pixel) for the pixels of `rows` rows from `first` on. Cairo's are 0x00RRGGBB.
template <typename Change>
void for_each_pixel(Picture& image, int first, int rows, cairo_surface_t* strip, Change change) {
  uint8_t* pixels = cairo_image_surface_get_data(strip);
  const size_t stride = size_t(cairo_image_surface_get_stride(strip));
  uint8_t* rgb = &image.rgb[size_t(first) * size_t(image.width) * 3];
  for (int y = 0; y < rows; ++y) {
    auto* row = reinterpret_cast<uint32_t*>(pixels + size_t(y) * stride);
    for (int x = 0; x < image.width; ++x, rgb += 3) change(rgb, row[x]);
  }
}

void load(Picture& image, int first, int rows, cairo_surface_t* strip) {
  for_each_pixel(image, first, rows, strip, [](const uint8_t* rgb, uint32_t& pixel) {
    pixel = uint32_t(rgb[0]) << 16 | uint32_t(rgb[1]) << 8 | rgb[2];
  });
  cairo_surface_mark_dirty(strip);
}

void store(Picture& image, int first, int rows, cairo_surface_t* strip) {
  cairo_surface_flush(strip);
  for_each_pixel(image, first, rows, strip, [](uint8_t* rgb, uint32_t pixel) {
    rgb[0] = uint8_t(pixel >> 16), rgb[1] = uint8_t(pixel >> 8), rgb[2] = uint8_t(pixel);
  });
}

}  // namespace

void draw_with_cairo(Picture& image, const std::function<void(cairo_t*)>& draw) {
  if (image.rgb.empty()) return;
  const int strip_rows = int(std::clamp<int64_t>(kStripPixels / image.width, 1, image.height));
  for (int first = 0; first < image.height; first += strip_rows) {
    const int rows = std::min(strip_rows, image.height - first);
    const Surface strip(cairo_image_surface_create(CAIRO_FORMAT_RGB24, image.width, rows));
    check(cairo_surface_status(strip.get()));
    load(image, first, rows, strip.get());
    const Context context(cairo_create(strip.get()));
    cairo_translate(context.get(), 0, -first);
    draw(context.get());
    check(cairo_status(context.get()));
    store(image, first, rows, strip.get());
  }
}

}  // namespace data
