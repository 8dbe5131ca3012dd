// EXIF's eight orientations: pictures and boxes against ones that were turned by hand.
#include "data/image/orientation.h"

#include <array>

#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "data/image/png.h"
#include "tests/support/catch.h"
#include "tests/support/oriented.h"
#include "tests/support/picture.h"

using data::Picture;

namespace {

// A picture of letters, a row each: their codes are the levels.
Picture letters(const std::vector<std::string>& rows) {
  Picture image{int(rows[0].size()), int(rows.size()), {}};
  for (const std::string& row : rows)
    for (char letter : row)
      for (int channel = 0; channel < 3; ++channel)
        image.rgb.push_back(uint8_t(letter + 60 * channel));
  return image;
}

// What "ABC" above "DEF" is to look like, by orientation: the tables of EXIF 2.3, where 6 says that
// the first row is the right side, and the first column the top.
const std::array<std::vector<std::string>, 9> kTurned{{{},
                                                       {"ABC", "DEF"},
                                                       {"CBA", "FED"},
                                                       {"FED", "CBA"},
                                                       {"DEF", "ABC"},
                                                       {"AD", "BE", "CF"},
                                                       {"DA", "EB", "FC"},
                                                       {"FC", "EB", "DA"},
                                                       {"CF", "BE", "AD"}}};

void check_equal(const Picture& turned, const Picture& expected) {
  CHECK(turned.width == expected.width);
  CHECK(turned.height == expected.height);
  CHECK(turned.rgb == expected.rgb);
}

Picture decoded(const std::vector<uint8_t>& bytes, data::ExifPolicy exif) {
  Picture image;
  data::decode_upright_into(bytes, "a picture", {}, exif, image);
  return image;
}

}  // namespace

TEST_CASE("each orientation turns the pixels as EXIF's table says") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    INFO("orientation " << orientation);
    Picture image = letters(kTurned[1]);
    data::turn_upright(image, orientation);
    check_equal(image, letters(kTurned[size_t(orientation)]));
    CHECK(data::swaps_sides(orientation) == (image.width == 2));
  }
}

TEST_CASE("a box goes where its pixels go") {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (char letter : std::string("ABCDEF")) {
      INFO("orientation " << orientation << ", letter " << letter);
      data::Object box{.x = double((letter - 'A') % 3),
                       .y = double((letter - 'A') / 3),
                       .width = 1,
                       .height = 1};
      data::turn_upright(box, orientation, 3, 2);
      CHECK(kTurned[size_t(orientation)].at(size_t(box.y)).at(size_t(box.x)) == letter);
      CHECK(box.width == 1);
      CHECK(box.height == 1);
    }
  data::Object box{.x = 10, .y = 2.5, .width = 30, .height = 7.25};  // of 64 x 48 pixels
  data::turn_upright(box, 6, 64, 48);
  CHECK(box.x == 48 - 2.5 - 7.25);
  CHECK(box.y == 10);
  CHECK(box.width == 7.25);
  CHECK(box.height == 30);
}

TEST_CASE("pictures of many blocks are turned whole") {
  const Picture whole = tests::picture(131, 77);
  const auto turned = [&](std::initializer_list<int> orientations) {
    Picture image = whole;
    for (int orientation : orientations) data::turn_upright(image, orientation);
    return image;
  };
  for (int own_inverse : {2, 3, 4, 5, 7}) check_equal(turned({own_inverse, own_inverse}), whole);
  check_equal(turned({6, 8}), whole);
  check_equal(turned({6, 6}), turned({3}));
  check_equal(turned({2, 6}), turned({7}));  // mirrored first, then clockwise
  check_equal(turned({6, 2}), turned({5}));
  check_equal(turned({2, 4}), turned({3}));
}

TEST_CASE("PNG files with an orientation are decoded upright, or as they are stored") {
  const Picture stored = letters(kTurned[1]);
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (bool big : {true, false}) {
      INFO("orientation " << orientation);
      const auto file = tests::png_with_orientation(data::encode_png(stored), orientation, big);
      CHECK(data::exif_orientation(file) == orientation);
      check_equal(decoded(file, data::ExifPolicy::upright), letters(kTurned[size_t(orientation)]));
      check_equal(decoded(file, data::ExifPolicy::stored), stored);
    }
}

// EXIF wants 3, SHORT. Viewers take the other types of whole numbers, too.
TEST_CASE("an orientation of another type of whole number counts, any other value does not") {
  struct Type {
    int number, bytes;  // 0: no whole number
  };
  for (const auto& [type, bytes] : {Type{1, 1},
                                    {3, 2},
                                    {4, 4},
                                    {6, 1},
                                    {8, 2},
                                    {9, 4},
                                    {2, 0},
                                    {5, 0},
                                    {7, 0},
                                    {11, 0},
                                    {0, 0},
                                    {13, 0}})
    for (bool big : {true, false}) {
      INFO("type " << type << (big ? ", big" : ", little"));
      constexpr size_t kEntry = 10;  // behind the head and the number of entries
      std::string tiff = tests::tiff_orientation(1, big);
      tiff[kEntry + (big ? 3 : 2)] = char(type);
      tiff.replace(kEntry + 8, 4, 4, '\0');
      tiff[kEntry + 8 + size_t(big && bytes > 0 ? bytes - 1 : 0)] = 6;
      const std::string body = "Exif" + std::string(2, '\0') + tiff;
      std::vector<uint8_t> file{0xff, 0xd8, 0xff, 0xe1, 0, uint8_t(body.size() + 2)};
      file.insert(file.end(), body.begin(), body.end());
      CHECK(data::exif_orientation(file) == (bytes > 0 ? 6 : 1));
    }
}

TEST_CASE("JPEG files with an orientation are decoded upright, or as they are stored") {
  const auto jpeg = tests::make_jpeg(tests::picture(45, 37), {});
  const Picture plain = decoded(jpeg, data::ExifPolicy::stored);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    INFO("orientation " << orientation);
    const auto file = tests::jpeg_with_orientation(jpeg, orientation);
    Picture expected = plain;
    data::turn_upright(expected, orientation);
    check_equal(decoded(file, data::ExifPolicy::upright), expected);
    check_equal(decoded(file, data::ExifPolicy::stored), plain);
  }
  check_equal(decoded(tests::jpeg_with_orientation(jpeg, 9), data::ExifPolicy::upright), plain);
}
