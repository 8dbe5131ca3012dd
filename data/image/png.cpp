#include "data/image/png.h"

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "engine/base/error.h"

namespace data {

using base::ExitCode, base::fail;

namespace {

struct ErrorState {
  jmp_buf jump;
  char text[160];
};

// The callbacks below leave by longjmp: no object with a destructor may live in them.
[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* error = static_cast<ErrorState*>(png_get_error_ptr(png));
  snprintf(error->text, sizeof error->text, "%s", message);
  longjmp(error->jump, 1);
}

void on_warning(png_structp, png_const_charp) {}  // ancillary chunks; the pixels are unaffected

struct Source {
  const uint8_t* next;
  size_t left;
};

void read_bytes(png_structp png, png_bytep out, size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left) png_error(png, "the file ends too early");
  memcpy(out, source->next, count);
  source->next += count, source->left -= count;
}

// False when libpng gave up. `steps` creates no objects with destructors.
template <class Steps> [[gnu::noinline]] bool completes(ErrorState& error, const Steps& steps) {
  if (setjmp(error.jump)) return false;
  steps();
  return true;
}

class Reader {
 public:
  Reader(std::span<const uint8_t> bytes, const std::string& name, const DecodeLimits& limits)
      : Reader(bytes, name) {  // complete from here on: the destructor runs when this throws
    if (bytes.size() > limits.max_file_bytes)
      fail(ExitCode::data, name, ": ", bytes.size(), " bytes, the limit is ",
           limits.max_file_bytes);
    bool completed = completes(error_, [&] {
      png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &error_, on_error, on_warning);
      if (png_) info_ = png_create_info_struct(png_);
    });
    if (!completed || !info_) fail(ExitCode::resources, name, ": no memory for the PNG decoder");
    completed = completes(error_, [&] {
      png_set_read_fn(png_, &source_, read_bytes);
      png_set_chunk_malloc_max(png_, 8 << 20);  // text and profiles may be compressed bombs
      png_set_chunk_cache_max(png_, 128);
      png_read_info(png_, info_);
    });
    if (!completed) refuse();
    check(limits);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  ImageHeader header() const {
    const bool palette = png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE;
    const bool colour_key = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    const bool channel = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_ALPHA) != 0;
    return {.width = int(png_get_image_width(png_, info_)),
            .height = int(png_get_image_height(png_, info_)),
            .components = palette ? 3 : png_get_channels(png_, info_),
            .bits = png_get_bit_depth(png_, info_),
            .alpha = channel || colour_key};
  }

  Picture decode() {
    const ImageHeader size = header();
    Picture image{size.width, size.height, {}};
    if (!completes(error_, [&] { select_rgb(); })) refuse();
    size_t stride = size_t(image.width) * 3;
    SSD_CHECK(png_get_rowbytes(png_, info_) == stride, "PNG rows of another size");
    image.rgb.resize(stride * size_t(image.height));
    std::vector<png_bytep> rows(size_t(image.height));
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = image.rgb.data() + y * stride;
    bool completed = completes(error_, [&] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
    if (!completed) refuse();
    return image;
  }

 private:
  Reader(std::span<const uint8_t> bytes, const std::string& name)
      : name_(name), source_{bytes.data(), bytes.size()} {}

  void select_rgb() {
    png_set_expand(png_);  // palettes, 1 to 4 bits, transparent colours
    png_set_scale_16(png_);
    png_set_gray_to_rgb(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
  }

  [[noreturn]] void refuse() const {
    fail(ExitCode::data, name_, ": damaged or unsupported PNG: ", error_.text);
  }

  void check(const DecodeLimits& limits) const { check_dimensions(header(), name_, limits); }

  const std::string& name_;
  Source source_;
  ErrorState error_ = {};
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

}  // namespace

Picture decode_png(std::span<const uint8_t> bytes, const std::string& name,
                   const DecodeLimits& limits) {
  return Reader(bytes, name, limits).decode();
}

ImageHeader read_png_header(std::span<const uint8_t> bytes, const std::string& name,
                            const DecodeLimits& limits) {
  return Reader(bytes, name, limits).header();
}

std::vector<uint8_t> encode_png(const Picture& image) {
  SSD_CHECK(image.width > 0 && image.height > 0 &&
                image.rgb.size() == size_t(image.width) * size_t(image.height) * 3,
            "encode_png: ", image.width, "x", image.height, " with ", image.rgb.size(), " bytes");
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = png_uint_32(image.width), header.height = png_uint_32(image.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<uint8_t> bytes(size);
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0, image.rgb.data(), 0, nullptr))
    fail(ExitCode::failed, "cannot encode a PNG: ", header.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace data
