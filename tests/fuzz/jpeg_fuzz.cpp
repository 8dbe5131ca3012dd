#include <span>

#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "tests/fuzz/target.h"
#include "tests/support/picture.h"

namespace {

// As libjpeg-turbo's own fuzzers: larger pictures cost time and show nothing new.
const data::DecodeLimits kLimits{.max_pixels = 1 << 20, .max_decoder_bytes = 256 << 20};

std::string text_of(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

fuzz::Target fuzz::target() {
  Target t{.words = {"\xff\xd8", "\xff\xd9", "\xff\xda", "\xff\xc0", "\xff\xc2", "\xff\xc4",
                     "\xff\xdb", "\xff\xdd", "\xff\xe1", "Exif", "\xff\xee", "Adobe", "II*"},
           .inputs = 50000};
  const data::Picture small = tests::picture(40, 28);
  for (const tests::JpegVariant& variant : std::initializer_list<tests::JpegVariant>{
           {},
           {.components = 1},
           {.components = 4, .horizontal = 1, .vertical = 1, .adobe_marker = true},
           {.components = 4, .horizontal = 1, .vertical = 1, .adobe_marker = true, .ycck = true},
           {.progressive = true},
           {.horizontal = 1, .vertical = 1, .restart_interval = 2}})
    t.seeds.push_back(text_of(tests::make_jpeg(small, variant)));
  std::string turned = "\xff\xd8\xff\xe1";  // with an orientation
  turned += std::string(
      "\0\x22"
      "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0"
      "\0\0\0\0",
      34);
  t.seeds.push_back(turned + t.seeds[0].substr(2));
  return t;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  fuzz::expect({base::ExitCode::data}, [&] { data::read_jpeg_header(bytes, "fuzz.jpg", kLimits); });
  fuzz::expect({base::ExitCode::data}, [&] { data::decode_image(bytes, "fuzz.jpg", kLimits); });
  fuzz::expect({}, [&] {
    const int orientation = data::exif_orientation(bytes);
    if (orientation < 1 || orientation > 8) throw std::logic_error("no such orientation");
  });
  return 0;
}
