// Matches at one IoU and the confusion matrix, against COCO's numbers and small cases by hand.
#include "data/metrics/confusion.h"

#include <numeric>

#include "data/metrics/coco_eval.h"
#include "data/metrics/overlap.h"
#include "tests/support/catch.h"
#include "tests/support/random_coco.h"

namespace {

data::Dataset truth_of(std::vector<data::Object> objects) {
  data::Dataset truth;
  truth.categories = {{1, "a", ""}, {2, "b", ""}};
  truth.images = {{.id = 7, .width = 100, .height = 100, .file_name = "x"}};
  truth.images[0].object_count = uint32_t(objects.size());
  truth.objects = std::move(objects);
  return truth;
}

data::Object object(int64_t id, int category, double x, bool crowd = false) {
  return {.id = id,
          .category = category,
          .crowd = crowd,
          .x = x,
          .y = 0,
          .width = 10,
          .height = 10,
          .area = 100};
}

data::Detection detection(int category, double x, double score) {
  return {.image_id = 7,
          .category = category,
          .x = x,
          .y = 0,
          .width = 10,
          .height = 10,
          .score = score};
}

}  // namespace

TEST_CASE("all right detections together reach COCO's recall") {
  int compared = 0;
  for (uint64_t number = 0; number < 60; ++number) {
    const tests::RandomCoco random = tests::random_coco(number);
    const data::Evaluation coco = data::evaluate(random.truth, random.detections);
    const auto matches = data::match_boxes(random.truth, random.detections);
    for (size_t c = 0; c < coco.categories.size(); ++c) {
      const int category = coco.categories[c].category;
      if (coco.categories[c].objects == 0) continue;
      int64_t right = 0;
      for (size_t i = 0; i < matches.size(); ++i)
        right +=
            random.detections[i].category == category && matches[i].outcome == data::Outcome::right;
      const double recall = coco.recall[coco.recall_index(0, c, data::Evaluation::all, 2)];
      INFO("case " << number << ", category " << category);
      CHECK(double(right) / double(coco.categories[c].objects) == Approx(recall));
      ++compared;
    }
  }
  CHECK(compared > 100);
}

TEST_CASE("overlaps of boxes") {
  const data::Object a = object(1, 0, 0);  // 10 x 10 pixels from x = 0
  CHECK(data::box_iou(a, detection(0, 0, 1)) == 1);
  CHECK(data::box_iou(a, detection(0, 5, 1)) == 50. / 150);
  CHECK(data::box_iou(a, detection(0, 10, 1)) == 0);  // they only touch
  CHECK(data::share_inside(detection(0, 5, 1), a) == 0.5);
  data::Detection negative = detection(0, 0, 1);
  negative.width = -10;
  CHECK(data::box_iou(negative, a) == 0);
  CHECK_FALSE(data::common_area(negative, a));
}

TEST_CASE("a confusion matrix counts right, mistaken, missed and spurious boxes") {
  const data::Dataset truth =
      truth_of({object(1, 0, 0), object(2, 1, 20), object(3, 1, 40), object(4, 0, 60, true)});
  const std::vector<data::Detection> found{
      detection(0, 1, 0.9),    // right
      detection(0, 21, 0.8),   // is a b
      detection(1, 80, 0.7),   // is nothing
      detection(0, 60, 0.6),   // lies in a crowd
      detection(1, 40, 0.05),  // right, but below the score threshold
      detection(1, 0, 0.5),    // on an object that is found already
  };
  const auto matches = data::match_boxes(truth, found);
  const data::Confusion c = data::count_confusion(truth, found, matches, 0.1);
  const std::vector<int64_t> wanted{1, 0, 0, 1, 0, 1, 0, 2, 0};
  CHECK(c.counts == wanted);
  CHECK(c.found == std::vector<bool>{true, false, false, false});
  CHECK(c.mistaken == std::vector<int64_t>{-1, 1, -1, -1, -1, -1});
  CHECK(c.images[0].right == 1);
  CHECK(c.images[0].wrong == 3);
  CHECK(c.images[0].missed == 2);
  CHECK(c.images[0].f1() == Approx(2. / 7));
}

TEST_CASE("the operating point has the highest F1") {
  const data::Dataset truth = truth_of({object(1, 0, 0), object(2, 0, 20), object(3, 0, 40)});
  const std::vector<data::Detection> found{detection(0, 0, 0.9), detection(0, 20, 0.6),
                                           detection(0, 70, 0.3), detection(0, 80, 0.2)};
  const auto matches = data::match_boxes(truth, found);
  const auto points = data::operating_points(truth, found, matches);
  const data::OperatingPoint best = data::best_point(points);
  CHECK(best.right == 2);
  CHECK(best.wrong == 0);
  CHECK(best.score > 0.3);
  CHECK(best.score < 0.6);
  CHECK(best.f1() == Approx(0.8));
  CHECK(points.front().wrong == 2);
  CHECK(points.back().right == 0);
}
