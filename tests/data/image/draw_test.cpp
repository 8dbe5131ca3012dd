#include "data/image/draw.h"
#include "tests/support/catch.h"

#include <cmath>
#include <limits>
#include <set>

#include "data/image/font.h"
#include "tests/support/picture.h"

using namespace data;

namespace {

constexpr Colour kBlack{0, 0, 0}, kWhite{255, 255, 255}, kRed{255, 0, 0};

Colour at(const Image& image, int x, int y) {
  const uint8_t* p = &image.rgb[(size_t(y) * size_t(image.width) + size_t(x)) * 3];
  return {p[0], p[1], p[2]};
}

int count(const Image& image, Colour colour) {
  int n = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) n += at(image, x, y) == colour;
  return n;
}

}  // namespace

TEST_CASE("a frame has its thickness and lies inside its rectangle") {
  Image image = blank_image(20, 15, kBlack);
  draw_rectangle(image, {3, 2, 10, 8}, 2, kRed);
  CHECK(count(image, kRed) == 10 * 8 - 6 * 4);
  CHECK(at(image, 3, 2) == kRed);
  CHECK(at(image, 12, 9) == kRed);
  CHECK(at(image, 13, 9) == kBlack);
  CHECK(at(image, 5, 4) == kBlack);
}

TEST_CASE("rectangles of any place and size are clipped, and none is invisible") {
  double infinity = std::numeric_limits<double>::infinity();
  for (Rectangle r : {Rectangle{-5, -5, 100, 100},
                      {-1e30, 3, 2e30, 1},
                      {50, 50, 4, 4},
                      {5, 5, -3, -3},
                      {-infinity, 0, infinity, 5},
                      {std::nan(""), 0, 5, std::nan("")},
                      {2, 2, 0, 0},
                      {1e18, 1e18, 1e18, 1e18}}) {
    Image image = blank_image(20, 15, kBlack);
    draw_rectangle(image, r, 3, kRed);
    fill_rectangle(image, r, kRed);
    draw_box(image, r, "a label longer than the picture is wide", kRed);
    CHECK(image.rgb.size() == 20 * 15 * 3);
  }
  Image image = blank_image(20, 15, kBlack);
  draw_rectangle(image, {2, 2, 0, 0}, 1, kRed);
  CHECK(count(image, kRed) == 1);
  Image full = blank_image(20, 15, kBlack);
  fill_rectangle(full, {-5, -5, 100, 100}, kRed);
  CHECK(count(full, kRed) == 20 * 15);
}

TEST_CASE("glyphs: every printable character has its own, all others a frame") {
  std::set<std::vector<uint8_t>> seen;
  for (char32_t c = 32; c < 127; ++c) {
    auto g = glyph(c);
    for (uint8_t row : g) CHECK(row < 32);
    CHECK(seen.insert({g.begin(), g.end()}).second);
  }
  CHECK(seen.size() == 95);
  CHECK(glyph(7).data() == glyph(0xfffd).data());
  CHECK(characters_of("a\xc3\xa4z\xe2\x82\xac").size() == 4);
  CHECK(characters_of("\xff\xc3") == U"\xfffd\xfffd");
}

TEST_CASE("text: letters are drawn where and as large as asked") {
  Image image = blank_image(40, 30, kBlack);
  draw_text(image, 2, 3, "I", 1, kWhite);
  int once = count(image, kWhite);
  CHECK(once == 11);
  CHECK(at(image, 4, 3) == kWhite);  // the stem
  CHECK(at(image, 4, 9) == kWhite);
  draw_text(image, 12, 3, "I", 3, kWhite);
  CHECK(count(image, kWhite) == once + 9 * once);
}

TEST_CASE("a box's label stands above it, or inside when there is no room") {
  Image image = blank_image(100, 100, kBlack);
  draw_box(image, {20, 50, 30, 30}, "cat", kRed);
  CHECK(at(image, 20, 45) == kRed);  // the plate
  CHECK(count(image, kWhite) > 10);  // letters
  Image high = blank_image(100, 100, kBlack);
  draw_box(high, {20, 0, 30, 30}, "cat", kRed);
  CHECK(count(high, kWhite) == count(image, kWhite));
  Image right = blank_image(100, 100, kBlack);
  draw_box(right, {95, 50, 5, 30}, "cat", kRed);
  CHECK(count(right, kWhite) == count(image, kWhite));
}

TEST_CASE("class colours: fifty are different, any index has one") {
  std::set<int> seen;
  for (int i = 0; i < 50; ++i) {
    Colour c = class_colour(i);
    seen.insert(c.red << 16 | c.green << 8 | c.blue);
  }
  CHECK(seen.size() == 50);
  class_colour(-1);
  class_colour(std::numeric_limits<int64_t>::max());
}

TEST_CASE("shrinking keeps the aspect ratio and the mean") {
  Image image = tests::picture(401, 199);
  Image small = shrink_to_fit(image, 100, 100);
  CHECK(small.width == 100);
  CHECK(small.height >= 49);
  CHECK(small.height <= 50);
  for (int c = 0; c < 3; ++c)
    CHECK(std::abs(tests::mean_of(small, c) - tests::mean_of(image, c)) < 1);
  CHECK(tests::largest_difference(shrink_to_fit(image, 500, 500), image) == 0);
  CHECK(shrink_to_fit(tests::picture(3000, 1), 10, 10).height == 1);
}

TEST_CASE("a contact sheet shows every picture") {
  std::vector<Image> images(5, blank_image(64, 32, kRed));
  Image sheet = contact_sheet(images, 3, 32);
  CHECK(sheet.width == 3 * 36 + 4);
  CHECK(sheet.height == 2 * 36 + 4);
  CHECK(count(sheet, kRed) == 5 * 32 * 16);
}
