#include "data/image/jpeg.h"
#include "tests/support/catch.h"

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tests/support/picture.h"

using namespace tests;
using data::decode_jpeg, data::Picture;

namespace {

std::string message_of(const std::vector<uint8_t>& bytes, const data::DecodeLimits& limits = {}) {
  try {
    decode_jpeg(bytes, "folder/some.jpg", limits);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::data);
    std::string text = error.what();
    CHECK(text.find("folder/some.jpg") == 0);
    CHECK(text.find('\n') == std::string::npos);
    return text;
  }
  return "";
}

bool mentions(const std::string& text, const char* part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

// Position of the second byte of the first marker `code`.
size_t find_marker(const std::vector<uint8_t>& bytes, uint8_t code) {
  for (size_t i = 0; i + 1 < bytes.size(); ++i)
    if (bytes[i] == 0xff && bytes[i + 1] == code) return i + 1;
  FAIL("no such marker");
  return 0;
}

void set_size(std::vector<uint8_t>& bytes, uint8_t frame_marker, int width, int height) {
  size_t at = find_marker(bytes, frame_marker);
  bytes[at + 4] = uint8_t(height >> 8), bytes[at + 5] = uint8_t(height);
  bytes[at + 6] = uint8_t(width >> 8), bytes[at + 7] = uint8_t(width);
}

}  // namespace

TEST_CASE("JPEG: every coding gives the picture back") {
  Picture original = picture(101, 67);
  for (bool progressive : {false, true})
    for (int restart : {0, 3})
      for (auto [h, v] : {std::pair{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}}) {
        CAPTURE(progressive, restart, h, v);
        auto bytes = make_jpeg(original, {.horizontal = h,
                                          .vertical = v,
                                          .progressive = progressive,
                                          .restart_interval = restart});
        Picture image = decode_jpeg(bytes, "x");
        REQUIRE(image.width == 101);
        REQUIRE(image.height == 67);
        CHECK(mean_difference(image, original) < (h == 4 ? 2 : 1.5));
        CHECK(largest_difference(image, original) < 16);
      }
}

TEST_CASE("JPEG: sizes around the block borders") {
  for (int width : {1, 7, 8, 9, 15, 16, 17, 33})
    for (int height : {1, 8, 17}) {
      CAPTURE(width, height);
      Picture original{width, height, std::vector<uint8_t>(size_t(width * height) * 3, 90)};
      Picture image = decode_jpeg(make_jpeg(original, {}), "x");
      REQUIRE(image.rgb.size() == original.rgb.size());
      CHECK(largest_difference(image, original) <= 2);
    }
}

TEST_CASE("JPEG: grey is repeated to three channels") {
  Picture flat{40, 30, std::vector<uint8_t>(40 * 30 * 3, 137)};
  auto bytes = make_jpeg(flat, {.components = 1, .horizontal = 1, .vertical = 1});
  CHECK(data::read_jpeg_header(bytes, "x").components == 1);
  CHECK(largest_difference(decode_jpeg(bytes, "x"), flat) <= 1);
}

TEST_CASE("JPEG: CMYK and YCCK, with and without Adobe's marker, by TensorFlow's rule") {
  Picture original = picture(64, 48);
  for (bool adobe : {false, true})
    for (bool ycck : {false, true}) {
      if (ycck && !adobe) continue;  // YCCK is only recognised by Adobe's marker
      CAPTURE(adobe, ycck);
      auto bytes = make_jpeg(
          original,
          {.components = 4, .horizontal = 1, .vertical = 1, .adobe_marker = adobe, .ycck = ycck});
      CHECK(data::read_jpeg_header(bytes, "x").components == 4);
      CHECK(mean_difference(decode_jpeg(bytes, "x"), original) < 2);
    }
}

TEST_CASE("JPEG: encode, then decode; memory of an old picture is reused") {
  Picture original = picture(120, 80);
  auto bytes = data::encode_jpeg(original, 95);
  Picture image = picture(300, 300);
  data::decode_jpeg_into(bytes, "x", {}, image);
  CHECK(image.width == 120);
  CHECK(mean_difference(image, original) < 1.5);
  CHECK(data::encode_jpeg(original, 20).size() < bytes.size());
  CHECK_THROWS_AS(data::encode_jpeg(original, 0), base::Error);
  CHECK_THROWS_AS(data::encode_jpeg(Picture{3, 3, {}}, 90), base::Error);
}

TEST_CASE("JPEG: limits are checked on the header") {
  auto bytes = make_jpeg(picture(32, 32), {});
  CHECK(mentions(message_of(bytes, {.max_file_bytes = 100}), "limit"));
  CHECK(mentions(message_of(bytes, {.max_side = 31}), "limit"));
  CHECK(mentions(message_of(bytes, {.max_pixels = 1023}), "limit"));
  CHECK(message_of(bytes, {.max_side = 32, .max_pixels = 1024}).empty());
  for (auto [width, height] : {std::pair{65500, 65500}, {16385, 1}, {1, 16385}, {16384, 16384}}) {
    set_size(bytes, 0xc0, width, height);
    CHECK(mentions(message_of(bytes), "limit"));
  }
  set_size(bytes, 0xc0, 0, 32);
  CHECK_FALSE(message_of(bytes).empty());
}

TEST_CASE("JPEG: progressive pictures are bounded in scans and in working memory") {
  auto bytes = make_jpeg(picture(64, 64), {.progressive = true});
  CHECK(mentions(message_of(bytes, {.max_scans = 3}), "more than 3 scans"));
  CHECK(message_of(bytes, {.max_scans = 12}).empty());
  set_size(bytes, 0xc2, 8192, 8192);
  CHECK(mentions(message_of(bytes, {.max_decoder_bytes = 64 << 20}), "64 MiB"));
}

TEST_CASE("JPEG: a file cut off anywhere is refused") {
  for (bool progressive : {false, true}) {
    auto bytes = make_jpeg(picture(90, 70), {.progressive = progressive});
    for (int percent = 1; percent <= 99; ++percent) {
      CAPTURE(progressive, percent);
      std::vector<uint8_t> part(bytes.begin(), bytes.begin() + long(bytes.size()) * percent / 100);
      CHECK_FALSE(message_of(part).empty());
    }
  }
  CHECK(mentions(message_of({}), "empty"));
}

TEST_CASE("JPEG: padding between segments is accepted, lost picture data is not") {
  auto bytes = make_jpeg(picture(90, 70), {});
  auto padded = bytes;
  padded.insert(padded.begin() + long(find_marker(bytes, 0xdb)) - 1, 4, 0);
  CHECK(message_of(padded).empty());
  set_size(bytes, 0xc0, 90, 16);
  CHECK(mentions(message_of(bytes), "extraneous"));
}

TEST_CASE("JPEG: bytes after the end are ignored") {
  Picture original = picture(50, 40);
  auto bytes = make_jpeg(original, {});
  auto longer = bytes;
  longer.insert(longer.end(), 1000, 0x5a);
  CHECK(largest_difference(decode_jpeg(longer, "x"), decode_jpeg(bytes, "x")) == 0);
}

TEST_CASE("JPEG: thousands of damaged files give a picture or an error, nothing else") {
  base::RandomSequence random(3, 0);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    bool progressive = round % 2, inks = round % 7 == 0;
    static const auto base = make_jpeg(picture(48, 40), {});
    static const auto scans = make_jpeg(picture(48, 40), {.progressive = true});
    static const auto cmyk =
        make_jpeg(picture(48, 40), {.components = 4, .adobe_marker = true, .ycck = true});
    auto bytes = inks ? cmyk : progressive ? scans : base;
    for (int64_t flips = 1 + random.below(8); flips > 0; --flips)
      bytes[size_t(random.below(int64_t(bytes.size())))] = uint8_t(random.bits());
    try {
      Picture image = decode_jpeg(bytes, "x", {.max_pixels = 1 << 20});
      REQUIRE(image.rgb.size() == size_t(image.width) * size_t(image.height) * 3);
    } catch (const base::Error& error) {
      REQUIRE(error.code() == base::ExitCode::data);
      ++refused;
    }
  }
  CHECK(refused > 1000);
  CHECK(refused < 3000);
}
