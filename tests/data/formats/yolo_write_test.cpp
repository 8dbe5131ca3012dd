// What is written into YOLO files can be read by everyone.
#include <fmt/format.h>

#include "data/formats/yolo.h"
#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

TEST_CASE("boxes far past the border are cut, and counted") {
  const tests::TemporaryFolder folder;
  const std::string images = folder.path() / "images", labels = folder.path() / "labels";
  std::filesystem::create_directories(images);
  data::write_image(images + "/a.png", tests::picture(100, 50));
  data::Dataset set;
  set.image_folder = images;
  set.categories = {{1, "x"}};
  struct Row {
    data::Object box;
    double x, y, width, height;  // what is read; a width of 0 if it is left out
    bool cut;
  };
  const Row rows[] = {
      {{.x = 10, .y = 5, .width = 20, .height = 10}, 10, 5, 20, 10, false},
      {{.x = 90, .y = 5, .width = 15, .height = 10}, 90, 5, 15, 10, false},  // centre inside
      {{.x = 0, .y = 0, .width = 100 + 1e-9, .height = 50}, 0, 0, 100, 50, false},
      {{.x = -20, .y = 5, .width = 130, .height = 10}, 0, 5, 100, 10, true},
      {{.x = 95, .y = 5, .width = 30, .height = 10}, 95, 5, 5, 10, true},
      {{.x = 10, .y = -30, .width = 20, .height = 40}, 10, 0, 20, 10, true},
      {{.x = 120, .y = 5, .width = 30, .height = 10}, 0, 0, 0, 0, false},  // outside
      {{.x = 10, .y = 5, .width = 0, .height = 10}, 0, 0, 0, 0, false},
  };
  int64_t cut = 0, left_out = 0;
  for (const Row& row : rows) {
    set.objects.push_back(row.box);
    cut += row.cut;
    left_out += row.width == 0;
  }
  set.images = {{.id = 1, .width = 100, .height = 50, .file_name = "a.png"}};
  set.images[0].object_count = uint32_t(set.objects.size());
  const data::YoloWritten written = data::write_yolo(labels, set);
  CHECK(written.cut == cut);
  CHECK(written.left_out == left_out);
  const data::Dataset back = data::load_yolo(labels, images, {"x"});
  REQUIRE(int64_t(back.objects.size()) == int64_t(std::size(rows)) - left_out);
  size_t read = 0;
  for (const Row& row : rows) {
    if (row.width == 0) continue;
    const data::Object& o = back.objects[read++];
    INFO(read);
    CHECK(o.x == Approx(row.x).margin(1e-6));
    CHECK(o.y == Approx(row.y).margin(1e-6));
    CHECK(o.width == Approx(row.width).margin(1e-6));
    CHECK(o.height == Approx(row.height).margin(1e-6));
  }
}
