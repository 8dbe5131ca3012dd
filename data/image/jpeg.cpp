#include "data/image/jpeg.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>  // needs <cstdio> first

#include <jerror.h>

#include "engine/base/error.h"

namespace data {

using base::ExitCode, base::fail;

namespace {

// Bytes between two markers that may be padding. More is picture data that the decoder skipped.
constexpr int kMaxPaddingBytes = 64;

struct ErrorManager {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer is also ours
  jmp_buf jump;
  char text[JMSG_LENGTH_MAX];
};

struct ScanMonitor {
  jpeg_progress_mgr base;  // first, as above
  int max_scans;
};

// The callbacks below leave by longjmp: no object with a destructor may live in them.
[[noreturn]] void on_error(j_common_ptr info) {
  auto* error = reinterpret_cast<ErrorManager*>(info->err);
  error->base.format_message(info, error->text);
  longjmp(error->jump, 1);
}

bool harmless(const jpeg_error_mgr& error) {
  switch (error.msg_code) {
    case JWRN_EXTRANEOUS_DATA:
      return error.msg_parm.i[0] <= kMaxPaddingBytes;
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
      return true;
    default:
      return false;
  }
}

void on_message(j_common_ptr info, int level) {
  if (level < 0 && !harmless(*info->err)) on_error(info);
}

void on_progress(j_common_ptr info) {
  if (!info->is_decompressor) return;
  const auto* monitor = reinterpret_cast<const ScanMonitor*>(info->progress);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= monitor->max_scans) return;
  auto* error = reinterpret_cast<ErrorManager*>(info->err);
  snprintf(error->text, sizeof error->text, "more than %d scans", monitor->max_scans);
  longjmp(error->jump, 1);
}

// False when libjpeg gave up. `steps` may be left at any call of libjpeg, so it creates no objects
// with destructors; what it writes to lives outside.
template <class Steps> [[gnu::noinline]] bool completes(ErrorManager& error, const Steps& steps) {
  if (setjmp(error.jump)) return false;
  steps();
  return true;
}

jpeg_error_mgr* install(ErrorManager& error) {
  jpeg_std_error(&error.base);
  error.base.error_exit = on_error;
  error.base.emit_message = on_message;
  return &error.base;
}

// CMYK to RGB as TensorFlow does it: with Adobe's marker the inks are stored inverted.
void cmyk_to_rgb(const uint8_t* cmyk, int width, bool inverted, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    int k = inverted ? cmyk[3] : 255 - cmyk[3];
    for (int c = 0; c < 3; ++c) rgb[c] = uint8_t(k * (inverted ? cmyk[c] : 255 - cmyk[c]) / 255);
  }
}

class Decompressor {
 public:
  Decompressor(std::span<const uint8_t> bytes, const std::string& name, const DecodeLimits& limits)
      : Decompressor(name, limits) {  // complete from here on: the destructor runs when this throws
    if (bytes.empty()) fail(ExitCode::data, name, ": the file is empty, expected a JPEG picture");
    if (bytes.size() > limits.max_file_bytes)
      fail(ExitCode::data, name, ": ", bytes.size(), " bytes, the limit is ",
           limits.max_file_bytes);
    info_.err = install(error_);
    require(completes(error_, [&] {
      jpeg_create_decompress(&info_);
      info_.mem->max_memory_to_use = long(limits_.max_decoder_bytes);
      jpeg_mem_src(&info_, bytes.data(), static_cast<unsigned long>(bytes.size()));
      jpeg_read_header(&info_, TRUE);
    }));
    check_dimensions(header(), name_, limits_);
    int n = info_.num_components;
    if (n != 1 && n != 3 && n != 4)
      fail(ExitCode::data, name_, ": ", n, " colour components, expected 1, 3 or 4");
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  ImageHeader header() const {
    return {.width = int(info_.image_width),
            .height = int(info_.image_height),
            .components = info_.num_components};
  }

  void decode(Picture& image) {
    start();
    image.width = int(info_.output_width), image.height = int(info_.output_height);
    size_t stride = size_t(image.width) * 3;
    image.rgb.resize(stride * size_t(image.height));
    if (info_.out_color_space == JCS_CMYK)
      read_cmyk_rows(image, stride);
    else
      read_rows(image.rgb.data(), stride);
    require(completes(error_, [&] { jpeg_finish_decompress(&info_); }));
  }

 private:
  Decompressor(const std::string& name, const DecodeLimits& limits)
      : name_(name), limits_(limits) {}

  void start() {
    monitor_.base.progress_monitor = on_progress;
    monitor_.max_scans = limits_.max_scans;
    info_.progress = &monitor_.base;
    info_.dct_method = JDCT_IFAST;
    info_.do_fancy_upsampling = TRUE;
    info_.out_color_space = info_.num_components == 4 ? JCS_CMYK : JCS_RGB;
    require(completes(error_, [&] { jpeg_start_decompress(&info_); }));
  }

  void read_rows(uint8_t* rgb, size_t stride) {
    require(completes(error_, [&] {
      constexpr JDIMENSION kRows = 4;  // libjpeg gives at most this many at once
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW rows[kRows];
        JDIMENSION count = std::min(kRows, info_.output_height - info_.output_scanline);
        for (JDIMENSION i = 0; i < count; ++i) rows[i] = rgb + (info_.output_scanline + i) * stride;
        jpeg_read_scanlines(&info_, rows, count);
      }
    }));
  }

  void read_cmyk_rows(Picture& image, size_t stride) {
    std::vector<uint8_t> cmyk(size_t(image.width) * 4);
    JSAMPROW row = cmyk.data();
    uint8_t* rgb = image.rgb.data();
    require(completes(error_, [&] {
      while (info_.output_scanline < info_.output_height) {
        uint8_t* out = rgb + info_.output_scanline * stride;
        jpeg_read_scanlines(&info_, &row, 1);
        cmyk_to_rgb(row, int(info_.output_width), info_.saw_Adobe_marker, out);
      }
    }));
  }

  void require(bool completed) const {
    if (completed) return;
    if (error_.base.msg_code == JERR_NO_BACKING_STORE)
      fail(ExitCode::data, name_, ": decoding this JPEG needs more than the limit of ",
           limits_.max_decoder_bytes >> 20, " MiB");
    fail(ExitCode::data, name_, ": damaged or unsupported JPEG: ", error_.text);
  }

  const std::string& name_;
  const DecodeLimits& limits_;
  jpeg_decompress_struct info_ = {};
  ErrorManager error_ = {};
  ScanMonitor monitor_ = {};
};

}  // namespace

void check_dimensions(const ImageHeader& header, const std::string& name,
                      const DecodeLimits& limits) {
  if (header.width < 1 || header.height < 1)
    fail(ExitCode::data, name, ": the picture is ", header.width, "x", header.height, " pixels");
  if (header.width > limits.max_side || header.height > limits.max_side)
    fail(ExitCode::data, name, ": ", header.width, "x", header.height, " pixels, the limit is ",
         limits.max_side, " a side");
  if (int64_t(header.width) * header.height > limits.max_pixels)
    fail(ExitCode::data, name, ": ", header.width, "x", header.height,
         " is more than the limit of ", limits.max_pixels, " pixels");
}

ImageHeader read_jpeg_header(std::span<const uint8_t> bytes, const std::string& name,
                             const DecodeLimits& limits) {
  return Decompressor(bytes, name, limits).header();
}

void decode_jpeg_into(std::span<const uint8_t> bytes, const std::string& name,
                      const DecodeLimits& limits, Picture& image) {
  Decompressor(bytes, name, limits).decode(image);
}

Picture decode_jpeg(std::span<const uint8_t> bytes, const std::string& name,
                    const DecodeLimits& limits) {
  Picture image;
  decode_jpeg_into(bytes, name, limits, image);
  return image;
}

namespace {

// libjpeg's side of encode_jpeg: fills *bytes with memory that the caller frees.
bool compress(const Picture& image, int quality, ErrorManager& error, unsigned char** bytes,
              unsigned long* size) {
  jpeg_compress_struct info = {};
  info.err = install(error);
  bool completed = completes(error, [&] {
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, bytes, size);
    info.image_width = JDIMENSION(image.width), info.image_height = JDIMENSION(image.height);
    info.input_components = 3, info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    size_t stride = size_t(image.width) * 3;
    while (info.next_scanline < info.image_height) {
      // libjpeg's interface lacks the const; it does not write here.
      JSAMPROW row = const_cast<uint8_t*>(image.rgb.data()) + info.next_scanline * stride;
      jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
  });
  jpeg_destroy_compress(&info);
  return completed;
}

}  // namespace

std::vector<uint8_t> encode_jpeg(const Picture& image, int quality) {
  SSD_CHECK(image.rgb.size() == size_t(image.width) * size_t(image.height) * 3,
            "encode_jpeg: ", image.width, "x", image.height, " with ", image.rgb.size(), " bytes");
  SSD_CHECK(quality >= 1 && quality <= 100, "encode_jpeg: quality ", quality);
  ErrorManager error = {};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  bool completed = compress(image, quality, error, &bytes, &size);
  std::unique_ptr<unsigned char, void (*)(void*)> owner(bytes, std::free);
  if (!completed) fail(ExitCode::failed, "cannot encode a JPEG: ", error.text);
  return {bytes, bytes + size};
}

}  // namespace data
