// Detections under other class ids than those of the annotations are recognised; a detector that
// only confuses classes is not accused.
#include "data/check/detection_classes.h"

#include "tests/support/box_sets.h"
#include "tests/support/catch.h"

using Catch::Contains;
using data::Dataset, data::Detection, data::Object;
using tests::box;

namespace {

// Thirty objects of three classes in one image, none near another.
Dataset truth_of_three() {
  std::vector<Object> boxes;
  for (int i = 0; i < 30; ++i) {
    boxes.push_back(box(40 * (i % 10), 40 * (i / 10), 20, 20));
    boxes.back().category = i % 3;
  }
  Dataset set = tests::with_boxes(boxes, 400, 200);
  set.images[0].id = 7;
  set.categories = {{1, "cat"}, {2, "dog"}, {5, "cow"}};
  return set;
}

std::vector<Detection> found_as(const Dataset& truth, int (*class_of)(int category, int number)) {
  std::vector<Detection> found;
  for (const Object& o : truth.objects)
    found.push_back({.image_id = 7,
                     .category = class_of(o.category, int(found.size())),
                     .x = o.x,
                     .y = o.y,
                     .width = o.width,
                     .height = o.height,
                     .score = 0.5});
  return found;
}

}  // namespace

TEST_CASE("classes in another order, or counted from another number, are told") {
  const Dataset truth = truth_of_three();
  CHECK(data::classes_in_words(found_as(truth, [](int c, int) { return c; }), truth).empty());
  const std::string turned =
      data::classes_in_words(found_as(truth, [](int c, int) { return (c + 1) % 3; }), truth);
  CHECK_THAT(turned, Contains("of 30 objects with a detection on them, 0 were found as their own"));
  CHECK_THAT(turned, Contains("class 1 'cat' lies on objects of class 5 'cow'"));
  // Two classes are exchanged, and the third is right.
  const std::string swapped =
      data::classes_in_words(found_as(truth, [](int c, int) { return c == 2 ? 2 : 1 - c; }), truth);
  CHECK_THAT(swapped, Contains("10 were found as their own class"));
}

TEST_CASE("boxes of lower scores on the same objects do not count") {
  const Dataset truth = truth_of_three();
  std::vector<Detection> found = found_as(truth, [](int c, int) { return c; });
  for (Detection d : std::vector<Detection>(found))
    for (int other = 0; other < 3; ++other) {
      d.score = 0.1;
      d.category = other;
      found.push_back(d);
    }
  CHECK(data::classes_in_words(found, truth).empty());
}

TEST_CASE("a detector that confuses classes, and too few objects, are no reason") {
  Dataset truth = truth_of_three();
  // Every class is found as every other, in turns.
  CHECK(data::classes_in_words(found_as(truth, [](int, int n) { return (n / 3) % 3; }), truth)
            .empty());
  CHECK(data::classes_in_words({}, truth).empty());
  truth.objects.resize(9);
  truth.images[0].object_count = 9;
  CHECK(data::classes_in_words(found_as(truth, [](int c, int) { return (c + 1) % 3; }), truth)
            .empty());
}
