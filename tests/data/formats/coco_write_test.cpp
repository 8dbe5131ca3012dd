// COCO annotation files that we write: they read back the same, or nothing is written.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "data/formats/coco.h"
#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using data::Dataset;

TEST_CASE("what is written reads back the same, to the last bit") {
  Dataset d;
  d.categories = {{3, "cat"}, {90, "\"quoted\" \\ \xc3\xa9 \n"}};
  for (int i = 0; i < 50; ++i) {
    data::ImageEntry image{.id = i * 1000003ll, .width = i + 1, .height = 2 * i + 1};
    image.file_name = fmt::format("folder/{}.jpg", i);
    image.first_object = static_cast<uint32_t>(d.objects.size());
    image.object_count = static_cast<uint32_t>(i % 4);
    for (int k = 0; k < i % 4; ++k)
      d.objects.push_back({.id = 10 * i + k,
                           .category = k % 2,
                           .crowd = k == 2,
                           .x = i / 3.,
                           .y = k * 1e-7,
                           .width = 1e300 / (i + 1),
                           .height = -0.1 * k,
                           .area = i * 1.1e9});
    d.images.push_back(image);
  }
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "written.json").string();
  data::write_coco(path, d);
  Dataset back = data::load_coco(path, "");
  REQUIRE(back.images.size() == d.images.size());
  REQUIRE(back.objects.size() == d.objects.size());
  CHECK(back.categories[1].name == d.categories[1].name);
  for (size_t i = 0; i < d.objects.size(); ++i) {
    const data::Object &a = d.objects[i], &b = back.objects[i];
    CHECK((a.id == b.id && a.category == b.category && a.crowd == b.crowd && a.x == b.x &&
           a.y == b.y && a.width == b.width && a.height == b.height && a.area == b.area));
  }
  for (size_t i = 0; i < d.images.size(); ++i) {
    CHECK(back.images[i].file_name == d.images[i].file_name);
    CHECK(back.images[i].id == d.images[i].id);
  }
}

TEST_CASE("names and numbers that JSON cannot hold are not written") {
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "written.json").string();
  Dataset d;
  d.categories = {{1, "\xff"}};
  CHECK_THROWS_AS(data::write_coco(path, d), base::Error);
  d.categories = {{1, "a"}};
  d.images = {{.id = 1, .width = 1, .height = 1, .file_name = "a", .object_count = 1}};
  d.objects = {{.id = 1, .x = NAN}};
  CHECK_THROWS_AS(data::write_coco(path, d), base::Error);
  CHECK(std::filesystem::is_empty(folder.path()));  // no part of a file is left
}
