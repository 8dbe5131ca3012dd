// PNG pictures of other kinds than 8 bits of red, green and blue: what is read, and what is said.
#include "tests/support/odd_png.h"
#include "data/check/dataset_check.h"
#include "data/check/image_lookup.h"
#include "data/image/file_traits.h"
#include "data/image/image_file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::ProblemKind, data::Problems;
using tests::animated, tests::png_of, tests::with_index;
using Kind = tests::PngKind;

namespace {

constexpr int kSide = 16;

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

TEST_CASE("of a file with several pictures the first is read, and that is a note") {
  const std::vector<uint8_t> png = png_of({.pixel = {1, 2, 3}});
  const Problems problems = checked(animated(png, 12));
  REQUIRE(problems.kept().size() == 1);
  CHECK(problems.count(several_pictures) == 1);
  CHECK(problems.kept()[0].text == "12 pictures");
  CHECK(checked(animated(png, 1)).kept().empty());
  data::Picture picture{kSide, kSide, std::vector<uint8_t>(size_t(kSide) * kSide * 3, 99)};
  const std::vector<uint8_t> jpeg = data::encode_image(picture, ".jpg");
  CHECK(checked(with_index(jpeg, 2)).count(several_pictures) == 1);
  CHECK(checked(with_index(jpeg, 1)).kept().empty());
  const std::vector<uint8_t> several = with_index(jpeg, 2);
  for (size_t bytes = 2; bytes < 60; ++bytes)  // cut anywhere, it is one picture or several
    CHECK(data::traits_of(std::span(several).first(bytes)).pictures >= 1);
}

TEST_CASE("one line counts the odd files of a data set") {
  const tests::TemporaryFolder folder;
  data::Dataset set;
  set.image_folder = folder.path().string();
  const auto add = [&](const std::string& name, const std::vector<uint8_t>& bytes) {
    base::write_file(folder.path() / name, bytes);
    set.images.push_back({.width = kSide, .height = kSide, .file_name = name});
  };
  const Kind dark{PNG_COLOR_TYPE_GRAY, 16, {0x0f, 0xff}};
  add("a.png", png_of({.pixel = {1, 2, 3}}));
  CHECK(data::look_up_images(set, 1).odd.in_words().empty());
  add("b.png", png_of({PNG_COLOR_TYPE_GRAY, 16, {0x99, 0x99}}));
  CHECK(data::look_up_images(set, 1).odd.in_words().empty());
  for (int i = 0; i < 70; ++i) add("c" + std::to_string(i) + ".png", png_of(dark));
  add("d.png", animated(png_of(dark), 5));
  add("e.png", animated(png_of({.pixel = {1, 2, 3}}), 3));
  const auto lines = data::look_up_images(set, 1).odd.in_words("data.train");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] ==
        "note: data.train: 2 image files (animated PNG or MPO) hold up to 5 pictures, such as "
        "d.png; only the first one is read: write the others into files of their own if you want "
        "them");
  CHECK_THAT(lines[1],
             Contains("warning: data.train: 63 of 64 images of 16 bits per channel") &&
                 Contains("nearly black, such as c0.png: ") &&
                 Contains("no value is read as more than 16 of 255; scale the values up"));
}
