#include "data/image/shrink.h"

#include <algorithm>
#include <cmath>
#include "tests/support/catch.h"

#include "tests/support/picture.h"

using namespace data;

TEST_CASE("shrinking keeps the aspect ratio and the mean") {
  Picture image = tests::picture(401, 199);
  Picture small = shrink_to_fit(image, 100, 100);
  CHECK(small.width == 100);
  CHECK(small.height >= 49);
  CHECK(small.height <= 50);
  for (int c = 0; c < 3; ++c)
    CHECK(std::abs(tests::mean_of(small, c) - tests::mean_of(image, c)) < 1);
  CHECK(tests::largest_difference(shrink_to_fit(image, 500, 500), image) == 0);
  CHECK(shrink_to_fit(tests::picture(3000, 1), 10, 10).height == 1);
}

TEST_CASE("a contact sheet shows every picture") {
  const Picture white{64, 32, std::vector<uint8_t>(64 * 32 * 3, 255)};
  const Picture sheet = contact_sheet(std::vector<Picture>(5, white), 3, 32);
  CHECK(sheet.width == 3 * 36 + 4);
  CHECK(sheet.height == 2 * 36 + 4);
  CHECK(std::count(sheet.rgb.begin(), sheet.rgb.end(), 255) == 5 * 32 * 16 * 3);
}
