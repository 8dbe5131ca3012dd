#include "data/image/image_file.h"
#include "tests/support/catch.h"

#include <malloc.h>
#include <png.h>

#include <fstream>

#include "data/image/png.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/random.h"
#include "engine/base/write_file.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"
#include "tests/support/special_files.h"

using namespace tests;
using data::Picture;

namespace {

void append(png_structp png, png_bytep bytes, size_t count) {
  auto& out = *static_cast<std::vector<uint8_t>*>(png_get_io_ptr(png));
  out.insert(out.end(), bytes, bytes + count);
}

// A PNG of any colour type and depth; every sample byte is 0x99, so each channel is 0.6.
std::vector<uint8_t> make_png(int width, int height, int colour, int depth, int interlace) {
  std::vector<uint8_t> out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, append, nullptr);
  png_set_IHDR(png, info, png_uint_32(width), png_uint_32(height), depth, colour, interlace,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette(size_t(1) << std::min(depth, 8), png_color{10, 20, 30});
  if (colour == PNG_COLOR_TYPE_PALETTE)
    png_set_PLTE(png, info, palette.data(), int(palette.size()));
  png_set_gAMA(png, info, 0.25);  // must be ignored
  png_write_info(png, info);
  std::vector<uint8_t> row(png_get_rowbytes(png, info), 0x99);
  std::vector<png_bytep> rows(size_t(height), row.data());
  png_write_image(png, rows.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

std::string refusal(const std::vector<uint8_t>& bytes, const data::DecodeLimits& limits = {}) {
  try {
    data::decode_image(bytes, "folder/a picture", limits);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::data);
    CHECK(std::string(error.what()).find("folder/a picture") == 0);
    return error.what();
  }
  return "";
}

std::string refusal(const std::string& text) {
  return refusal(std::vector<uint8_t>(text.begin(), text.end()));
}

bool mentions(const std::string& text, const std::string& part) {
  INFO(text << " / " << part);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("PNG: encode, then decode, is exact") {
  for (auto [w, h] : {std::pair{1, 1}, {7, 3}, {90, 61}}) {
    Picture original = picture(w, h);
    auto bytes = data::encode_png(original);
    CHECK(largest_difference(data::decode_image(bytes, "x"), original) == 0);
    CHECK(data::read_image_header(bytes, "x").width == w);
  }
}

TEST_CASE("PNG: every colour type, depth and interlacing becomes 8-bit RGB") {
  struct Kind {
    int colour, depth, value;
  };
  for (auto kind : {Kind{PNG_COLOR_TYPE_GRAY, 1, -1}, Kind{PNG_COLOR_TYPE_GRAY, 2, -1},
                    Kind{PNG_COLOR_TYPE_GRAY, 4, 0x99}, Kind{PNG_COLOR_TYPE_GRAY, 8, 0x99},
                    Kind{PNG_COLOR_TYPE_GRAY, 16, 0x99}, Kind{PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0x99},
                    Kind{PNG_COLOR_TYPE_GRAY_ALPHA, 16, 0x99}, Kind{PNG_COLOR_TYPE_RGB, 8, 0x99},
                    Kind{PNG_COLOR_TYPE_RGB, 16, 0x99}, Kind{PNG_COLOR_TYPE_RGB_ALPHA, 8, 0x99},
                    Kind{PNG_COLOR_TYPE_RGB_ALPHA, 16, 0x99}, Kind{PNG_COLOR_TYPE_PALETTE, 1, 10},
                    Kind{PNG_COLOR_TYPE_PALETTE, 4, 10}, Kind{PNG_COLOR_TYPE_PALETTE, 8, 10}})
    for (int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
      CAPTURE(kind.colour, kind.depth, interlace);
      Picture image = data::decode_image(make_png(13, 9, kind.colour, kind.depth, interlace), "x");
      REQUIRE(image.width == 13);
      REQUIRE(image.height == 9);
      REQUIRE(image.rgb.size() == 13 * 9 * 3);
      if (kind.value >= 0) CHECK(image.rgb[0] == kind.value);
      if (kind.colour == PNG_COLOR_TYPE_PALETTE) CHECK(image.rgb[13 * 9 * 3 - 1] == 30);
    }
}

TEST_CASE("PNG: cut off, damaged and huge files are refused or decoded, never a crash") {
  auto bytes = data::encode_png(picture(60, 50));
  for (int percent = 1; percent <= 99; ++percent) {
    CAPTURE(percent);
    std::vector<uint8_t> part(bytes.begin(), bytes.begin() + long(bytes.size()) * percent / 100);
    CHECK_FALSE(refusal(part).empty());
  }
  base::RandomSequence random(4, 0);
  for (int round = 0; round < 1000; ++round) {
    auto damaged = bytes;
    damaged[size_t(random.below(int64_t(bytes.size())))] ^= uint8_t(1 + random.below(255));
    refusal(damaged, {.max_pixels = 1 << 20});
  }
  CHECK(mentions(refusal(bytes, {.max_side = 59}), "limit"));
  CHECK(mentions(refusal(bytes, {.max_pixels = 2999}), "limit"));
  CHECK(mentions(refusal(bytes, {.max_file_bytes = 99}), "limit"));
}

TEST_CASE("refused pictures leave no memory behind") {
  std::vector<uint8_t> jpeg = data::encode_jpeg(picture(16, 16), 90);
  std::vector<uint8_t> png = data::encode_png(picture(16, 16));
  auto refuse_all = [&] {
    for (const auto& bytes : {jpeg, png})
      for (size_t size : {size_t(20), bytes.size() / 2}) {
        std::vector<uint8_t> part(bytes.begin(), bytes.begin() + long(size));
        CHECK_FALSE(refusal(part).empty());
      }
    CHECK_FALSE(refusal(jpeg, {.max_side = 15}).empty());
    CHECK_FALSE(refusal(png, {.max_side = 15}).empty());
  };
  refuse_all();
  size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 100; ++i) refuse_all();
  CHECK(mallinfo2().uordblks < before + 100000);
}

TEST_CASE("other files are refused by what they are") {
  CHECK(mentions(refusal(""), "empty"));
  CHECK(mentions(refusal("GIF89a......"), "GIF"));
  CHECK(mentions(refusal("RIFF....WEBPVP8 "), "WebP"));
  CHECK(mentions(refusal("BM0123456789"), "BMP"));
  CHECK(mentions(refusal(std::string("II*\0........", 12)), "TIFF"));
  CHECK(mentions(refusal(std::string("\0\0\0\x1c"
                                     "ftypavif....",
                                     16)),
                 "AVIF"));
  CHECK(mentions(refusal("<!DOCTYPE html><html>not found</html>"), "HTML"));
  CHECK(mentions(refusal("404: not found"), "text"));
  CHECK(mentions(refusal(std::string(4096, '\0')), "zero bytes"));
  CHECK(mentions(refusal("\x01\x02\x03\x04\xff"), "unknown"));
  CHECK(mentions(refusal("\xff"), "unknown"));
  CHECK(mentions(refusal("Not found: \xc3\xa4 picture"), "unknown"));
}

TEST_CASE("files: written and read back, by content rather than by name") {
  TemporaryFolder folder;
  Picture original = picture(33, 21);
  data::write_image(folder.path() / "a.png", original);
  CHECK(largest_difference(tests::read_image(folder.path() / "a.png"), original) == 0);
  std::filesystem::rename(folder.path() / "a.png", folder.path() / "b.jpg");
  CHECK(largest_difference(tests::read_image(folder.path() / "b.jpg"), original) == 0);
  data::write_image(folder.path() / "c.jpg", original);
  CHECK(mean_difference(tests::read_image(folder.path() / "c.jpg"), original) < 4);
  CHECK_THROWS_AS(tests::read_image(folder.path() / "none.jpg"), base::Error);
  CHECK_THROWS_AS(tests::read_image(folder.path()), base::Error);
  CHECK_THROWS_AS(base::read_file(folder.path() / "b.jpg", 10), base::Error);
  CHECK_THROWS_AS(base::write_file(folder.path() / "none" / "x", std::string("x")), base::Error);
  const std::string full = (folder.path() / "full").string();
  if (tests::make_full_device(full))
    CHECK_THROWS_AS(base::write_file(full, std::string(100000, 'x')), base::Error);
}

TEST_CASE("a named pipe is refused without waiting for a writer") {
  TemporaryFolder folder;
  REQUIRE(tests::run("mkfifo " + (folder.path() / "pipe").string()).exit_code == 0);
  CHECK_THROWS_AS(tests::read_image(folder.path() / "pipe"), base::Error);
}

TEST_CASE("safe_join refuses names that lead outside the folder") {
  TemporaryFolder folder;
  auto root = folder.path() / "images";
  std::filesystem::create_directories(root / "sub");
  base::write_file(folder.path() / "secret", std::string("x"));
  base::write_file(root / "sub" / "a.jpg", std::string("x"));
  std::filesystem::create_symlink("../secret", root / "link.jpg");
  std::filesystem::create_symlink("..", root / "up");
  std::filesystem::create_symlink("sub/a.jpg", root / "good.jpg");
  for (const std::string& name :
       {std::string(""), std::string("/etc/passwd"), std::string("../secret"), std::string(".."),
        std::string("sub/../../secret"), std::string("sub/../sub/a.jpg"), std::string("link.jpg"),
        std::string("up/secret"), std::string("up"), std::string("a\0.jpg", 6),
        std::string(5000, 'a'), std::string(300, 'a')}) {
    CAPTURE(name);
    try {
      base::safe_join(root, name);
      FAIL_CHECK("accepted");
    } catch (const base::Error& error) {
      CHECK(error.code() == base::ExitCode::data);
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  for (const char* name : {"a.jpg", "sub/a.jpg", "./a.jpg", "good.jpg", "..a", "not yet/there.jpg"})
    CHECK(base::safe_join(root, name) == root / name);
  CHECK(base::safe_join(root.string() + "/", "a.jpg") == root / "a.jpg");
}
