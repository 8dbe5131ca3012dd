// PNG pictures of other kinds than 8 bits of red, green and blue: what is read, and what is said.
#include <png.h>

#include <fstream>

#include "data/check/dataset_check.h"
#include "data/image/image_file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::ProblemKind, data::Problems;

namespace {

constexpr int kSide = 16;

struct Kind {
  int colour = PNG_COLOR_TYPE_RGB, depth = 8;
  std::vector<uint8_t> pixel;  // as stored; every pixel is the same
  bool colour_key = false;     // tRNS: the palette's first colour, or level 1
};

void append(png_structp png, png_bytep bytes, size_t count) {
  auto& out = *static_cast<std::vector<uint8_t>*>(png_get_io_ptr(png));
  out.insert(out.end(), bytes, bytes + count);
}

std::vector<uint8_t> png_of(const Kind& kind) {
  std::vector<uint8_t> out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, append, nullptr);
  png_set_IHDR(png, info, kSide, kSide, kind.depth, kind.colour, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const png_color palette[] = {{10, 20, 30}, {200, 100, 50}};
  if (kind.colour == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette, 2);
  const png_byte clear[] = {0};
  png_color_16 level{};
  level.gray = level.red = level.green = level.blue = 1;
  if (kind.colour_key) png_set_tRNS(png, info, clear, 1, &level);
  png_write_info(png, info);
  std::vector<uint8_t> row;
  for (int x = 0; x < kSide; ++x) row.insert(row.end(), kind.pixel.begin(), kind.pixel.end());
  for (int y = 0; y < kSide; ++y) png_write_row(png, row.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

Problems checked(const std::vector<uint8_t>& bytes) {
  const tests::TemporaryFolder folder;
  base::write_file(folder.path() / "a.png", bytes);
  data::Dataset set;
  set.image_folder = folder.path().string();
  set.images = {{.id = 1, .width = kSide, .height = kSide, .file_name = "a.png"}};
  Problems problems;
  data::check_images(set, 1, problems);
  return problems;
}

// That alone is told about the picture, whose pixels are read as `rgb`.
void check_told(const Kind& kind, const std::vector<ProblemKind>& told,
                const std::vector<uint8_t>& rgb) {
  const std::vector<uint8_t> bytes = png_of(kind);
  const Problems problems = checked(bytes);
  CHECK(problems.kept().size() == told.size());
  for (ProblemKind one : told) {
    INFO(data::rule_of(one).name);
    CHECK(problems.count(one) == 1);
  }
  const data::Picture image = data::decode_image(bytes, "a.png", {});
  CHECK(std::vector<uint8_t>(image.rgb.begin(), image.rgb.begin() + 3) == rgb);
}

}  // namespace

using enum ProblemKind;

TEST_CASE("16 bits that use the whole range are rounded, and that is a note") {
  check_told({PNG_COLOR_TYPE_RGB, 16, {0xff, 0xff, 0x80, 0x80, 0x00, 0x10}}, {sixteen_bits},
             {255, 128, 0});
  check_told({PNG_COLOR_TYPE_GRAY, 16, {0x99, 0x99}}, {sixteen_bits, grayscale}, {153, 153, 153});
}

TEST_CASE("10 and 12 bits of a camera in 16 are nearly black, and that is a warning") {
  const Kind twelve{PNG_COLOR_TYPE_GRAY, 16, {0x0f, 0xff}};
  check_told(twelve, {dark_sixteen_bits, grayscale}, {16, 16, 16});
  check_told({PNG_COLOR_TYPE_RGB, 16, {0x03, 0xff, 0, 0, 0, 0}}, {dark_sixteen_bits}, {4, 0, 0});
  const Problems problems = checked(png_of(twelve));
  CHECK(problems.count(data::Severity::warning) == 1);
  for (const data::Problem& problem : problems.kept())
    if (problem.kind == dark_sixteen_bits)
      CHECK_THAT(problem.text, Contains("16 bits per channel") && Contains("0..16 of 255"));
}

TEST_CASE("transparency in each of its forms is dropped, and that is a note") {
  check_told({PNG_COLOR_TYPE_RGB_ALPHA, 8, {1, 2, 3, 0}}, {transparent}, {1, 2, 3});
  check_told({PNG_COLOR_TYPE_GRAY_ALPHA, 8, {7, 128}}, {transparent, grayscale}, {7, 7, 7});
  check_told({.colour = PNG_COLOR_TYPE_GRAY, .pixel = {1}, .colour_key = true},
             {transparent, grayscale}, {1, 1, 1});
  check_told({.colour = PNG_COLOR_TYPE_PALETTE, .pixel = {0}, .colour_key = true}, {transparent},
             {10, 20, 30});
  CHECK(checked(png_of({.colour = PNG_COLOR_TYPE_RGB_ALPHA, .pixel = {1, 2, 3, 0}}))
            .count(data::Severity::warning) == 0);
}

TEST_CASE("a palette is colour, and plain pictures are not remarked on") {
  check_told({.colour = PNG_COLOR_TYPE_PALETTE, .pixel = {1}}, {}, {200, 100, 50});
  check_told({.pixel = {9, 8, 7}}, {}, {9, 8, 7});
}
