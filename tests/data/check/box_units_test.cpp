// Boxes in another form than x, y, width, height in pixels are recognised, and good ones are not.
#include "data/check/box_units.h"

#include "data/formats/coco.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::BoxUnits, data::Dataset, data::Object;

namespace {

Dataset with_boxes(const std::vector<Object>& boxes, int width = 200, int height = 100) {
  Dataset set;
  set.images.push_back(
      {.width = width, .height = height, .object_count = static_cast<uint32_t>(boxes.size())});
  set.objects = boxes;
  return set;
}

Object box(double x, double y, double width, double height) {
  return {.x = x, .y = y, .width = width, .height = height};
}

std::string words_for(const Dataset& set) { return data::count_box_units(set).in_words(); }

}  // namespace

TEST_CASE("corners in place of sizes are recognised") {
  const Dataset corners =
      with_boxes({box(100, 40, 180, 90), box(5, 5, 60, 50), box(120, 10, 199, 99)});
  const BoxUnits units = data::count_box_units(corners);
  CHECK(units.boxes == 3);
  CHECK(units.past_border == 2);
  CHECK(units.as_corners == 3);
  CHECK_THAT(units.in_words(), Contains("look like corners") && Contains("2 of 3"));
}

TEST_CASE("corners are recognised if only few reach past the border, or some a little too far") {
  std::vector<Object> boxes(38, box(10, 10, 60, 40));
  CHECK(words_for(with_boxes(boxes)).empty());
  for (const Object& far : {box(120, 10, 199, 60), box(20, 60, 90, 99)}) boxes.push_back(far);
  CHECK_THAT(words_for(with_boxes(boxes)), Contains("look like corners") && Contains("2 of 40"));
  // x2 and y2 past the border themselves.
  CHECK_THAT(words_for(with_boxes({box(100, 40, 210, 90), box(5, 5, 60, 50), box(120, 9, 9, 9),
                                   box(120, 10, 199, 107)})),
             !Contains("corners"));
  CHECK_THAT(
      words_for(with_boxes({box(100, 40, 210, 90), box(5, 5, 60, 50), box(120, 10, 199, 107)})),
      Contains("look like corners"));
}

TEST_CASE("detections given as corners are recognised by the objects on which they lie") {
  Dataset truth = with_boxes(
      {box(10, 10, 30, 20), box(40, 10, 40, 30), box(20, 50, 30, 20), box(100, 20, 50, 50)});
  truth.images[0].id = 7;
  std::vector<data::Detection> sizes, corners;
  for (const Object& o : truth.objects) {
    sizes.push_back({.image_id = 7, .x = o.x, .y = o.y, .width = o.width, .height = o.height});
    corners.push_back(sizes.back());
    corners.back().width += o.x, corners.back().height += o.y;
  }
  CHECK(data::corners_in_words(sizes, truth).empty());
  CHECK_THAT(data::corners_in_words(corners, truth),
             Contains("1 of 4 lie on an object of their class, and as [x1, y1, x2, y2], 4 do"));
  for (data::Detection& d : corners) d.category = 1;  // of another class
  CHECK(data::corners_in_words(corners, truth).empty());
  CHECK(data::corners_in_words({}, truth).empty());
}

TEST_CASE("boxes of detections are judged by the same rule") {
  Dataset truth = with_boxes({});
  truth.images[0].id = 7;
  const auto found = [](double x, double y, double width, double height) {
    return data::Detection{.image_id = 7, .x = x, .y = y, .width = width, .height = height};
  };
  const std::vector<data::Detection> corners{found(100, 40, 180, 90), found(5, 5, 60, 50),
                                             found(120, 10, 199, 99)};
  CHECK_THAT(data::count_box_units(corners, truth).in_words(), Contains("2 of 3 reach past"));
  const std::vector<data::Detection> unit(3, found(.1, .2, .3, .4));
  CHECK_THAT(data::count_box_units(unit, truth).in_words(), Contains("look like 0..1"));
  const std::vector<data::Detection> pixels(3, found(10, 20, 30, 40));
  CHECK(data::count_box_units(pixels, truth).in_words().empty());
}

TEST_CASE("parts of the image's sides in place of pixels are recognised") {
  const Dataset unit =
      with_boxes({box(.1, .2, .3, .4), box(.5, .5, 1, .5), box(0, 0, 1, 1), box(.9, 0, .1, .1)});
  CHECK_THAT(words_for(unit), Contains("look like 0..1") && Contains("4 of 4"));
}

TEST_CASE("pixels are not taken for anything else") {
  CHECK(words_for(Dataset()).empty());
  CHECK(words_for(with_boxes({box(.1, .2, .3, .4), box(0, 0, 1, 1)})).empty());  // too few to tell
  // Sizes: some boxes past the border do not fit as corners.
  CHECK(words_for(with_boxes({box(150, 50, 60, 20), box(100, 10, 20, 20), box(0, 0, 200, 100),
                              box(190, 0, 20, 50)}))
            .empty());
  // Tiny objects among ordinary ones, and images of a few pixels.
  CHECK(words_for(with_boxes({box(3, 4, .5, .5), box(3, 4, 20, 30), box(50, 4, .7, .9)})).empty());
  CHECK(words_for(with_boxes({box(0, 0, 1, 1), box(1, 0, 1, 1), box(0, 1, 1, 1)}, 3, 3)).empty());
  // All in the upper left: both readings fit, so nothing is said.
  CHECK(words_for(with_boxes({box(5, 5, 60, 50), box(10, 10, 30, 20), box(1, 2, 8, 9)})).empty());
}

TEST_CASE("the real data sets are in pixels") {
  const std::filesystem::path shared = tests::shared_data();
  if (shared.empty()) return;
  for (const char* path :
       {"bccd/annotations/instances_train.json", "coco-ccby/annotations/instances_train.json"}) {
    INFO(path);
    CHECK(words_for(data::load_coco((shared / path).string(), "")).empty());
  }
}
