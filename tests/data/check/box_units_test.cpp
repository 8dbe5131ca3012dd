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

TEST_CASE("numbers in another order are recognised, and told with a cure") {
  const std::vector<Object> honest{box(100, 40, 80, 50), box(5, 5, 55, 45), box(120, 10, 79, 89),
                                   box(90, 20, 100, 30), box(150, 50, 45, 45)};
  const auto told = [&](auto written) {
    std::vector<Object> boxes;
    for (int i = 0; i < 4; ++i)
      for (const Object& o : honest) boxes.push_back(written(o));
    return words_for(with_boxes(boxes));
  };
  CHECK(told([](const Object& o) { return o; }).empty());
  CHECK_THAT(told([](const Object& o) { return box(o.y, o.x, o.y + o.height, o.x + o.width); }),
             Contains("look like [y1, x1, y2, x2]: ") && Contains("20 fit") &&
                 Contains("; write [x1, y1, x2 - x1, y2 - y1]"));
  CHECK_THAT(told([](const Object& o) { return box(o.x, o.x + o.width, o.y, o.y + o.height); }),
             Contains("look like [x1, x2, y1, y2]: "));
  CHECK_THAT(told([](const Object& o) {
               return box(o.x + o.width / 2, o.y + o.height / 2, o.width, o.height);
             }),
             Contains("look like the centre, width and height: ") && Contains("subtract half"));
  CHECK_THAT(
      told([](const Object& o) { return box(5 * o.x, 10 * o.y, 5 * o.width, 10 * o.height); }),
      Contains("look like x, y, width and height in 0..1000: ") && Contains("divide them by 1000"));
  CHECK_THAT(told([](const Object& o) {
               return box(5 * o.x, 10 * o.y, 5 * (o.x + o.width), 10 * (o.y + o.height));
             }),
             Contains("look like x1, y1, x2, y2 (or y1, x1, y2, x2) in 0..1000: "));
}

TEST_CASE("boxes past the border are no centres if others lie near to the opposite border") {
  std::vector<Object> boxes(40, box(60, 30, 30, 20));
  for (int i = 0; i < 5; ++i) boxes.push_back(box(180, 30, 30, 20));
  CHECK_THAT(words_for(with_boxes(boxes)), Contains("look like the centre"));
  boxes.push_back(box(5, 30, 30, 20));
  CHECK(words_for(with_boxes(boxes)).empty());
  boxes.resize(44);
  CHECK(words_for(with_boxes(boxes)).empty());
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
    Dataset centres = set, y_first = set, pairs = set, thousand = set;
    for (Object& o : centres.objects) o.x += o.width / 2, o.y += o.height / 2;
    for (Object& o : y_first.objects) o = box(o.y, o.x, o.y + o.height, o.x + o.width);
    for (Object& o : pairs.objects) o = box(o.x, o.x + o.width, o.y, o.y + o.height);
    for (const data::ImageEntry& image : set.images)
      for (size_t i = 0; i < image.object_count; ++i) {
        Object& o = thousand.objects[image.first_object + i];
        o.x *= 1000. / image.width, o.width *= 1000. / image.width;
        o.y *= 1000. / image.height, o.height *= 1000. / image.height;
      }
    CHECK_THAT(words_for(centres), Contains("look like the centre, width and height"));
    CHECK_THAT(words_for(y_first), Contains("look like [y1, x1, y2, x2]"));
    CHECK_THAT(words_for(pairs), Contains("look like [x1, x2, y1, y2]"));
    CHECK_THAT(words_for(thousand), Contains("look like x, y, width and height in 0..1000"));
    CHECK_THAT(words_for(as_corners(thousand)), Contains("in 0..1000"));
  }
}
