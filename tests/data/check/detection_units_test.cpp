// Detections whose numbers are not x, y, width, height are recognised, and good ones are not.
#include "data/check/detection_units.h"

#include "data/check/box_units.h"
#include "engine/base/random.h"
#include "tests/support/box_sets.h"
#include "tests/support/catch.h"

using Catch::Contains;
using data::Dataset, data::Detection, data::Object;
using tests::as_corners, tests::box, tests::large_objects, tests::with_boxes;

namespace {

std::vector<Detection> as_detections(const Dataset& set) {
  std::vector<Detection> found;
  for (const data::ImageEntry& image : set.images)
    for (const Object& o : set.objects_of(image))
      found.push_back(
          {.image_id = image.id, .x = o.x, .y = o.y, .width = o.width, .height = o.height});
  return found;
}

// Forty objects of a tenth of their image.
Dataset small_objects() {
  Dataset set;
  base::RandomSequence random(5, 0);
  for (uint32_t i = 0; i < 10; ++i) {
    set.images.push_back(
        {.id = i + 1, .width = 300, .height = 200, .first_object = 4 * i, .object_count = 4});
    for (int k = 0; k < 4; ++k)
      set.objects.push_back(box(double(random.below(240)), double(random.below(150)),
                                20 + double(random.below(20)), 15 + double(random.below(20))));
  }
  return set;
}

}  // namespace

TEST_CASE("objects decide before the border does") {
  Dataset truth = large_objects();
  for (Object& o : truth.objects) o.width = 170 - o.x;  // all reach past it
  CHECK_THAT(data::count_box_units(as_detections(truth), truth).in_words(), Contains("corners"));
  CHECK(data::units_in_words(as_detections(truth), truth).empty());
  truth = large_objects();  // on which lie both readings
  CHECK_THAT(data::units_in_words(as_detections(as_corners(truth)), truth),
             Contains("100 of 100 lie on an object of their class") && Contains("look like"));
}

TEST_CASE("detections given as corners are recognised by the objects on which they lie") {
  Dataset truth = with_boxes(
      {box(10, 10, 30, 20), box(40, 10, 40, 30), box(20, 50, 30, 20), box(100, 20, 50, 50)});
  truth.images[0].id = 7;
  const std::vector<Detection> sizes = as_detections(truth);
  std::vector<Detection> corners = as_detections(as_corners(truth));
  CHECK(data::units_in_words(sizes, truth).empty());
  CHECK_THAT(data::units_in_words(corners, truth),
             Contains("1 of 4 lie on an object of their class, and as [x1, y1, x2, y2], 4 do"));
  for (Detection& d : corners) d.category = 1;  // of another class: the border decides
  CHECK_THAT(data::units_in_words(corners, truth), Contains("2 of 4 reach past the border"));
  CHECK(data::units_in_words({}, truth).empty());
}

TEST_CASE("centres in place of corners, and y before x, are recognised with the cure") {
  const Dataset truth = small_objects();
  CHECK(data::units_in_words(as_detections(truth), truth).empty());
  std::vector<Detection> centres = as_detections(truth), swapped = centres, both = centres;
  for (Detection& d : centres) d.x += d.width / 2, d.y += d.height / 2;
  CHECK_THAT(data::units_in_words(centres, truth),
             Contains("as [x, y of the centre, width, height], 40 do; subtract half of"));
  for (Detection& d : swapped) std::swap(d.x, d.y), std::swap(d.width, d.height);
  CHECK_THAT(data::units_in_words(swapped, truth),
             Contains("as [y, x, height, width], 40 do; swap y with x, and height with width"));
  for (Detection& d : both) {
    d.width += d.x, d.height += d.y;
    std::swap(d.x, d.y), std::swap(d.width, d.height);
  }
  CHECK_THAT(data::units_in_words(both, truth), Contains("as [y1, x1, y2, x2], 40 do; swap y"));
}

TEST_CASE("a bad detector that meets objects by chance is not accused") {
  const Dataset truth = small_objects();
  base::RandomSequence random(9, 0);
  for (int run = 0; run < 20; ++run) {
    std::vector<Detection> drawn;
    for (const data::ImageEntry& image : truth.images)
      for (int k = 0; k < 100; ++k)
        drawn.push_back({.image_id = image.id,
                         .x = double(random.below(240)),
                         .y = double(random.below(150)),
                         .width = 20 + double(random.below(20)),
                         .height = 15 + double(random.below(20))});
    CHECK(data::units_in_words(drawn, truth) == "");
  }
}

namespace {

// Objects in images of several sizes.
Dataset objects_of_sizes() {
  Dataset set = small_objects();
  for (data::ImageEntry& image : set.images) {
    const double scale = image.id % 2 ? 2 : 3.2;
    image.width = int(image.width * scale), image.height = int(image.height * scale);
    if (image.id % 3 == 0) image.height = 2 * image.width;
    for (uint32_t i = 0; i < image.object_count; ++i) {
      Object& o = set.objects[image.first_object + i];
      o.x *= scale, o.y *= scale, o.width *= scale, o.height *= scale;
    }
  }
  return set;
}

// What a network of this input would find, which a little noise moves.
std::vector<Detection> in_frame(const Dataset& truth, double width, double height, bool padded,
                                bool in_middle = true) {
  std::vector<Detection> found = as_detections(truth);
  base::RandomSequence random(3, 0);
  size_t next = 0;
  for (const data::ImageEntry& image : truth.images)
    for (uint32_t i = 0; i < image.object_count; ++i) {
      Detection& d = found[next++];
      double x = width / image.width, y = height / image.height, left = 0, top = 0;
      if (padded) {
        x = y = std::min(x, y);
        if (in_middle) left = (width - x * image.width) / 2;
        if (in_middle) top = (height - y * image.height) / 2;
      }
      d.x = d.x * x + left, d.y = d.y * y + top, d.width *= x, d.height *= y;
      d.x += d.width * random.uniform(-0.05, 0.05), d.width *= random.uniform(0.95, 1.05);
      d.score = 0.9;
    }
  return found;
}

}  // namespace

TEST_CASE("pixels of a network's input are recognised with the size and the cure") {
  const Dataset truth = objects_of_sizes();
  for (const auto& [width, height] : {std::pair(320, 320), {300, 300}, {1000, 1000}, {512, 288}}) {
    std::vector<Detection> found = in_frame(truth, width, height, false);
    const std::string size = std::to_string(width) + " x " + std::to_string(height);
    CHECK_THAT(
        data::units_in_words(found, truth),
        Contains("look like pixels of images that were resized to " + size) &&
            Contains("as [x, y, width, height] in " + size + " pixels, ") &&
            Contains("multiply x and width by the image's width / " + std::to_string(width)));
    for (Detection& d : found) d.width += d.x, d.height += d.y;
    CHECK_THAT(data::units_in_words(found, truth),
               Contains("as [x1, y1, x2, y2] in " + size + " pixels, ") &&
                   Contains("subtract x1 and y1 from the last two, then multiply x"));
    for (const Detection& d : as_detections(truth))  // low scores of a bad detector beside them
      found.push_back({.image_id = d.image_id, .x = d.y, .y = 1, .width = 9, .height = 70});
    CHECK_THAT(data::units_in_words(found, truth), Contains("resized to " + size));
  }
  CHECK_THAT(data::units_in_words(in_frame(truth, 640, 640, true), truth),
             Contains("were resized and padded to 640 x 640") && Contains("take off the border"));
  CHECK_THAT(
      data::units_in_words(in_frame(truth, 1024, 1024, true, false), truth),
      Contains("padded at the right or below to 1024 x 1024") && Contains("; divide by the"));
  std::vector<Detection> fractions = in_frame(truth, 1, 1, false);
  CHECK_THAT(data::units_in_words(fractions, truth), !Contains("1 x 1"));
  CHECK(data::units_in_words(as_detections(truth), truth).empty());
}
