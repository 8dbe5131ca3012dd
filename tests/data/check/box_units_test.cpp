// Boxes in another form than x, y, width, height in pixels are recognised, and good ones are not.
#include "data/check/box_units.h"

#include "data/formats/coco.h"
#include "tests/support/box_sets.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::BoxUnits, data::Dataset, data::Object;
using tests::as_corners, tests::box, tests::large_objects, tests::with_boxes;

namespace {

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
  std::vector<Object> boxes(38, box(10, 10, 60, 45));
  CHECK(words_for(with_boxes(boxes)).empty());
  for (const Object& far : {box(120, 10, 199, 60), box(20, 60, 90, 99)}) boxes.push_back(far);
  CHECK_THAT(words_for(with_boxes(boxes)), Contains("may be corners") && Contains("2 of 40"));
  // x2 and y2 past the border themselves.
  CHECK_THAT(words_for(with_boxes({box(100, 40, 210, 90), box(5, 5, 60, 50), box(120, 9, 9, 9),
                                   box(120, 10, 199, 107)})),
             !Contains("corners"));
  CHECK_THAT(
      words_for(with_boxes({box(100, 40, 210, 90), box(5, 5, 60, 50), box(120, 10, 199, 107)})),
      Contains("look like corners"));
}

TEST_CASE("honest boxes of large objects that reach past the border are not taken for corners") {
  for (const auto& [share, past] : {std::pair(3, 20.), {5, 5.}, {5, 20.}, {10, 2.}, {10, 20.}}) {
    CAPTURE(share, past);
    Dataset set = large_objects();
    for (int i = 0; i < share; ++i)
      set.objects[size_t(i)].width = 160 + past - set.objects[size_t(i)].x;
    CHECK(words_for(set).empty());
    const BoxUnits units = data::count_box_units(set);
    CHECK(units.as_corners >= 95 - share);
    CHECK_FALSE(units.may_be_corners());
  }
}

TEST_CASE("corners of large objects reach a little past the border in many boxes") {
  const std::string words = words_for(as_corners(large_objects()));
  CHECK_THAT(words, Contains("look like corners"));
}

TEST_CASE("a weak suspicion is told as one") {
  std::vector<Object> boxes(80, box(10, 10, 60, 40));
  for (int i = 0; i < 20; ++i) boxes.push_back(box(90, 10, 130, 60));  // a tenth past
  CHECK_THAT(words_for(with_boxes(boxes)), Contains("may be corners: 20 of 100"));
  for (int i = 0; i < 15; ++i) boxes.push_back(boxes.back());
  CHECK_THAT(words_for(with_boxes(boxes)), Contains("look like corners: 35 of 115"));
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

TEST_CASE("boxes that never leave the upper left quarter of their images are told") {
  std::vector<Object> boxes(20, box(40, 20, 60, 30));  // up to the middle of 200 x 100
  CHECK_THAT(words_for(with_boxes(boxes)),
             Contains("may be in per cent, or for smaller pictures: all 20") &&
                 Contains("no edge is beyond 100;"));
  boxes.pop_back();
  CHECK(words_for(with_boxes(boxes)).empty());  // too few to tell
  for (const Object& beyond : {box(41, 20, 60, 30), box(40, 21, 60, 30)}) {
    std::vector<Object> more = boxes;
    more.push_back(beyond);
    CHECK(words_for(with_boxes(more)).empty());
  }
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

TEST_CASE("the real data sets are in pixels, and recognised as corners") {
  const std::filesystem::path shared = tests::shared_data();
  if (shared.empty()) return;
  for (const char* path :
       {"bccd/annotations/instances_train.json", "coco-ccby/annotations/instances_train.json"}) {
    INFO(path);
    const Dataset set = data::load_coco((shared / path).string(), "");
    CHECK(words_for(set).empty());
    CHECK_THAT(words_for(as_corners(set)), Contains("look like corners"));
  }
}
