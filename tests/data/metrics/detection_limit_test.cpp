// What limits of detections per image cost, in words.
#include "data/metrics/detection_limit.h"
#include "tests/support/catch.h"

namespace {

// Images with so many objects of category 0, and one crowd region each.
data::Dataset truth_with(const std::vector<int>& objects) {
  data::Dataset set;
  set.categories = {{1, "a"}, {2, "b"}};
  for (size_t i = 0; i < objects.size(); ++i) {
    set.images.push_back({.id = int64_t(i) + 10,
                          .width = 9,
                          .height = 9,
                          .file_name = "",
                          .first_object = uint32_t(set.objects.size()),
                          .object_count = uint32_t(objects[i]) + 1});
    for (int k = 0; k <= objects[i]; ++k)
      set.objects.push_back({.id = k + 1, .category = 0, .crowd = k == objects[i]});
  }
  return set;
}

std::vector<data::Detection> detections(int64_t image, int category, int count) {
  return std::vector<data::Detection>(size_t(count), {.image_id = image, .category = category});
}

}  // namespace

TEST_CASE("nothing is said where a limit costs nothing") {
  const data::Dataset truth = truth_with({3, 0});
  CHECK(data::limit_in_words(truth, {}, 3).empty());
  CHECK(data::limit_in_words(truth, detections(10, 0, 3), 3).empty());
  std::vector<data::Detection> two = detections(10, 0, 3);  // of two categories
  for (const data::Detection& d : detections(10, 1, 3)) two.push_back(d);
  CHECK(data::limit_in_words(truth, two, 3).empty());
  CHECK(data::crowded_in_words(truth, 3).empty());  // the crowd region is no object
}

TEST_CASE("detections and objects beyond a limit are counted") {
  const data::Dataset truth = truth_with({5, 2, 4});
  CHECK(data::limit_in_words(truth, detections(11, 1, 7), 3) ==
        "only the best 3 detections of each image and category count: 4 of 7 are left out, and 3 "
        "of 14 objects cannot be found");
  CHECK(data::crowded_in_words(truth, 3) ==
        "2 of 3 images have more than 3 objects, and 3 of 14 objects cannot be found");
}
