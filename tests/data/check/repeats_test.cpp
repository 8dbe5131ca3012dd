// Labels and images that a data set has twice are counted, and told with the name of the data set.
#include "data/check/repeats.h"

#include <limits>

#include "data/check/label_remarks.h"
#include "tests/support/box_sets.h"
#include "tests/support/catch.h"

using Catch::Contains;
using data::count_repeats, data::Dataset, data::Repeats;
using tests::box, tests::with_boxes;

namespace {

// Three boxes, of which the last repeats the first.
Dataset with_a_repeat() {
  Dataset set = with_boxes({box(1, 2, 30, 40), box(50, 2, 30, 40), box(1, 2, 30, 40)});
  set.images[0].file_name = "a.jpg";
  return set;
}

}  // namespace

TEST_CASE("a box repeats another if class and all four numbers are the same") {
  const Dataset set = with_a_repeat();
  const auto pairs = data::repeated_boxes(set.objects);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0] == std::pair(size_t{2}, size_t{0}));
  for (double data::Object::*number :
       {&data::Object::x, &data::Object::y, &data::Object::width, &data::Object::height}) {
    Dataset other = set;
    other.objects[2].*number += 0.5;
    CHECK(data::repeated_boxes(other.objects).empty());
  }
  Dataset other = set;
  other.objects[2].category = 1;
  CHECK(data::repeated_boxes(other.objects).empty());
}

TEST_CASE("boxes that are not numbers repeat nothing") {
  Dataset set = with_a_repeat();
  for (data::Object& o : set.objects) o.x = std::numeric_limits<double>::quiet_NaN();
  CHECK(data::repeated_boxes(set.objects).empty());
}

TEST_CASE("repeated boxes and images are counted and told") {
  Dataset set = with_a_repeat();
  CHECK(count_repeats(set).repeated_boxes == 1);
  CHECK_THAT(count_repeats(set).in_words(), Contains("1 of 3 (33.3 %) boxes"));
  set.images.push_back(set.images[0]);
  set.images.back().file_name = "./a.jpg";
  const Repeats repeats = count_repeats(set);
  CHECK(repeats.repeated_images == 1);
  CHECK(repeats.repeated_boxes == 2);
  CHECK_THAT(repeats.in_words(),
             Contains("1 of 2 (50.0 %) images") && Contains("2 of 6 (33.3 %) boxes"));
  const auto remarks = data::label_remarks("v.json", set);
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks[0], Catch::StartsWith("warning: v.json: 1 of 2"));
}

TEST_CASE("a few repeated boxes are a note") {
  std::vector<data::Object> boxes;
  for (int i = 0; i < 200; ++i) boxes.push_back(box(i, 60, 1, 30));
  CHECK(data::label_remarks("v.json", with_boxes(boxes)).empty());
  boxes.push_back(boxes[7]);
  const auto remarks = data::label_remarks("v.json", with_boxes(boxes));
  REQUIRE(remarks.size() == 1);
  CHECK_THAT(remarks[0], Catch::StartsWith("note: v.json: 1 of 201"));
}
