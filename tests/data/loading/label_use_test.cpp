// Which labels are trained on, which are not, and the line that says so.
#include "data/loading/label_use.h"

#include <cmath>

#include "engine/base/text.h"
#include "tests/support/catch.h"

using Catch::Contains, Catch::Equals;
using data::CrowdPolicy, data::Dataset, data::LabelFate, data::LabelUse, data::Object,
    data::OvershootPolicy;

namespace {

// Images of 200 x 100 with these objects, of two classes.
Dataset dataset_of(const std::vector<std::vector<Object>>& images) {
  Dataset dataset;
  dataset.categories = {{1, "a"}, {2, "b"}};
  for (const std::vector<Object>& objects : images) {
    dataset.images.push_back({.id = int64_t(dataset.images.size()) + 1,
                              .width = 200,
                              .height = 100,
                              .file_name = "x.jpg",
                              .first_object = uint32_t(dataset.objects.size()),
                              .object_count = uint32_t(objects.size())});
    dataset.objects.insert(dataset.objects.end(), objects.begin(), objects.end());
  }
  return dataset;
}

Object box(double x, double y, double width, double height) {
  return {.x = x, .y = y, .width = width, .height = height};
}

LabelUse use_of(std::vector<Object> objects, data::GroundTruthOptions options = {},
                int max_boxes = 100) {
  if (options.class_columns.empty()) options.class_columns = {1, 2};
  return data::count_labels(dataset_of({std::move(objects)}), options, max_boxes);
}

LabelFate fate_of(const Object& object, const data::GroundTruthOptions& options = {}) {
  const LabelUse use = use_of({object}, options);
  for (int fate = 0; fate < data::kLabelFates; ++fate)
    if (use.count(LabelFate(fate)) == 1) return LabelFate(fate);
  FAIL("no fate");
  return {};
}

}  // namespace

TEST_CASE("each label has one fate") {
  CHECK(fate_of(box(10, 10, 20, 20)) == LabelFate::trained);
  CHECK(fate_of(box(0, 0, 200, 100)) == LabelFate::trained);
  CHECK(fate_of(box(NAN, 0, 20, 10)) == LabelFate::not_finite);
  CHECK(fate_of(box(0, 0, INFINITY, 10)) == LabelFate::not_finite);
  CHECK(fate_of(box(30, 10, -20, 20)) == LabelFate::negative_side);
  CHECK(fate_of(box(30, 10, 0, 20)) == LabelFate::no_area);
  CHECK(fate_of(box(30, 10, 5, 0)) == LabelFate::no_area);
  CHECK(fate_of(box(200, 10, 5, 5)) == LabelFate::outside);
  CHECK(fate_of(box(10, -20, 5, 20)) == LabelFate::outside);
  CHECK(fate_of(box(190, 10, 11, 5)) == LabelFate::past_border);
  CHECK(fate_of(box(190, 99, 5, 2)) == LabelFate::past_border);
  CHECK(fate_of(box(-5, -5, 10, 10)) == LabelFate::trained);  // the original does not look there
  Object crowd = box(10, 10, 20, 20);
  crowd.crowd = true;
  CHECK(fate_of(crowd) == LabelFate::trained);
  CHECK(fate_of(crowd, {.crowd = CrowdPolicy::ignore}) == LabelFate::crowd);
  Object other = box(10, 10, 20, 20);
  other.category = 1;
  CHECK(fate_of(other, {.class_columns = {1, -1}}) == LabelFate::unknown_class);
}

TEST_CASE("a box that rounding took past the border is cut there under every policy") {
  const auto overshoot = GENERATE(OvershootPolicy::drop, OvershootPolicy::clip);
  const double over = GENERATE(1e-9, 0.02, 0.4, 0.999);
  CAPTURE(over);
  const Dataset dataset = dataset_of({{box(150, 20, 50 + over, 10), box(20, 90, 10, 10 + over),
                                       box(-over, 20, 10 + over, 10), box(20, -over, 10, 50)}});
  const data::GroundTruthOptions options{.overshoot = overshoot, .class_columns = {1, 2}};
  const auto boxes = data::ground_truth(dataset, dataset.images[0], options);
  REQUIRE(boxes.size() == 4);
  CHECK(boxes[0].xmax == 1);
  CHECK(boxes[1].ymax == 1);
  CHECK(boxes[2].xmin == 0);
  CHECK(boxes[3].ymin == 0);
  const LabelUse use = data::count_labels(dataset, options, 100);
  CHECK(use.cut == 4);
  CHECK(use.left_out() == 0);
  CHECK_THAT(data::borders_in_words(use, overshoot), Contains("4 reach past the border"));
}

TEST_CASE("from one pixel on the policy decides") {
  const std::vector<Object> objects{box(150, 20, 51, 10), box(-30, 20, 60, 10)};
  const LabelUse drop = use_of(objects);
  CHECK(drop.count(LabelFate::past_border) == 1);
  CHECK(drop.cut == 0);
  CHECK(drop.beyond == 1);  // on the left, where the original does not look
  CHECK_THAT(data::borders_in_words(drop, OvershootPolicy::drop),
             Contains("1 reach 1 px or more past the left or upper border and are trained on"));
  CHECK_THAT(data::reasons_in_words(drop),
             Contains("1 past the border") && Contains("data.overshoot=clip"));
  const LabelUse clip = use_of(objects, {.overshoot = OvershootPolicy::clip});
  CHECK(clip.left_out() == 0);
  CHECK(clip.cut == 2);
  CHECK(clip.beyond == 0);
}

TEST_CASE("the boxes beyond the limit are counted among those that could be trained on") {
  std::vector<Object> objects(7, box(10, 10, 20, 20));
  objects[1] = box(10, 10, 0, 0);
  const LabelUse use = use_of(objects, {}, 4);
  CHECK(use.trained() == 4);
  CHECK(use.count(LabelFate::no_area) == 1);
  CHECK(use.count(LabelFate::beyond_max_boxes) == 2);
  CHECK_THAT(data::reasons_in_words(use),
             Contains("2 beyond the first 4 of their image (data.max_boxes)"));
  // The limit is of each image.
  const Dataset two = dataset_of(
      {std::vector<Object>(3, box(1, 1, 5, 5)), std::vector<Object>(5, box(1, 1, 5, 5))});
  CHECK(data::count_labels(two, {.class_columns = {1, 2}}, 4).left_out() == 1);
}

TEST_CASE("the line has numbers, shares and reasons, and is empty when all take part") {
  const LabelUse none = use_of({box(1, 1, 5, 5)});
  CHECK(data::reasons_in_words(none).empty());
  CHECK(data::borders_in_words(none, OvershootPolicy::drop).empty());
  const LabelUse some = use_of({box(1, 1, 5, 5), box(1, 1, 0, 5), box(300, 1, 5, 5)});
  CHECK_THAT(data::reasons_in_words(some), Equals("1 without area, 1 outside of their image"));
  CHECK(base::share_in_words(some.left_out(), some.labels) == "2 of 3 (66.7 %)");
  CHECK(base::share_in_words(1, 100000) == "1 of 100000 (0.001 %)");
  CHECK(base::share_in_words(0, 0) == "0 of 0 (0.0 %)");
}

TEST_CASE("boxes below a pixel are counted if they are trained, and classes by their boxes") {
  Object other = box(10, 10, 5, 0);
  other.category = 1;
  const LabelUse use = use_of({box(1, 1, 0.01, 0.01), box(1, 1, 5, 0.9), box(300, 1, 0.1, 0.1),
                               box(1, 1, 0.999, 5), other});
  CHECK(use.tiny == 2);
  CHECK(data::tiny_in_words(use) ==
        "2 of 5 (40.0 %) have a side below 1 px of their image, too small to learn from");
  CHECK(use.trained_of_category == std::vector<int64_t>{3, 0});
  CHECK(data::tiny_in_words(use_of({box(1, 1, 5, 5)})).empty());
}

TEST_CASE("the counts agree with what training gets") {
  std::vector<Object> objects;
  for (int i = 0; i < 60; ++i)
    objects.push_back(box(i * 5 - 40, i * 3 - 30, (i * 7) % 40 - 2, (i * 11) % 30));
  const Dataset dataset = dataset_of({objects});
  for (OvershootPolicy overshoot : {OvershootPolicy::drop, OvershootPolicy::clip}) {
    const data::GroundTruthOptions options{.overshoot = overshoot, .class_columns = {1, 2}};
    CHECK(int64_t(data::ground_truth(dataset, dataset.images[0], options).size()) ==
          data::count_labels(dataset, options, 1000).trained());
  }
}
