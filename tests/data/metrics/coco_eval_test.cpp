// What COCO's evaluation does at its edges.
#include "data/metrics/coco_eval.h"
#include "tests/support/catch.h"

#include <cmath>
#include <limits>

#include "engine/base/error.h"

using data::Dataset;
using data::Detection;
using data::Evaluation;
using data::Object;

namespace {

// One image with id 42 and two categories with ids 7 and 3, so that ranks are not indices.
Dataset truth_of(std::vector<Object> objects) {
  Dataset truth;
  truth.categories = {{7, "seven"}, {3, "three"}};
  truth.images = {{.id = 42, .object_count = static_cast<uint32_t>(objects.size())}};
  for (size_t i = 0; i < objects.size(); ++i)
    if (objects[i].id == 0) objects[i].id = static_cast<int64_t>(i) + 1;
  truth.objects = std::move(objects);
  return truth;
}

Object box(double x, double y, double width, double height, bool crowd = false) {
  return {.crowd = crowd, .x = x, .y = y, .width = width, .height = height, .area = width * height};
}

Detection found(double x, double y, double width, double height, double score) {
  return {42, 0, x, y, width, height, score};
}

using Stats = std::array<double, 12>;
enum Stat { AP, AP50, AP75, APS, APM, APL, AR1, AR10, AR100, ARS, ARM, ARL };

Stats stats(const Dataset& truth, std::vector<Detection> detections,
            const data::EvaluationOptions& options = {}) {
  return data::evaluate(truth, detections, options).stats;
}

// What pycocotools says of a perfect result: numpy.spacing(1) is added to the denominator.
constexpr double kPerfect = 0.9999999999999998;

std::string error_of(const Dataset& truth, std::vector<Detection> detections) {
  try {
    data::evaluate(truth, detections);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::data);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("one perfect detection is almost 1") {
  Stats s = stats(truth_of({box(10, 10, 50, 50)}), {found(10, 10, 50, 50, .9)});
  CHECK(s[AP] == kPerfect);
  CHECK(s[APM] == kPerfect);
  CHECK(s[APS] == -1);
  CHECK(s[APL] == -1);
  CHECK(s[AR1] == 1);
  CHECK(s[ARL] == -1);
}

TEST_CASE("annotation id 0 counts, unless parity is asked for") {
  Dataset truth = truth_of({box(10, 10, 50, 50)});
  truth.objects[0].id = 0;
  CHECK(stats(truth, {found(10, 10, 50, 50, .9)})[AP] == kPerfect);
  Stats strict = stats(truth, {found(10, 10, 50, 50, .9)}, {.id_zero_is_missed = true});
  CHECK(strict[AP] == 0);
  CHECK(strict[AR100] == 0);
}

TEST_CASE("without objects there is no number, without detections it is 0") {
  CHECK(stats(truth_of({}), {found(0, 0, 9, 9, .5)}) ==
        Stats{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1});
  CHECK(stats(truth_of({box(0, 0, 50, 50, true)}), {found(0, 0, 9, 9, .5)})[AP] == -1);
  Stats none = stats(truth_of({box(0, 0, 50, 50)}), {});
  CHECK(none[AP] == 0);
  CHECK(none[AR100] == 0);
  CHECK(stats(Dataset{}, {})[AP] == -1);
}

TEST_CASE("a crowd swallows any number of detections") {
  Dataset truth = truth_of({box(0, 0, 50, 50), box(100, 100, 200, 200, true)});
  Stats s = stats(
      truth, {found(110, 110, 30, 30, .9), found(150, 150, 30, 30, .8), found(0, 0, 50, 50, .7)});
  CHECK(s[AP] == kPerfect);
  // Half of this one lies in the crowd: IoU 0.5 by its own area, so it is ignored at 0.5 only.
  s = stats(truth, {found(285, 100, 30, 30, .9), found(0, 0, 50, 50, .7)});
  CHECK(s[AP50] == Approx(1).epsilon(1e-12));
  CHECK(s[AP75] == Approx(0.5));
}

TEST_CASE("an object that counts is preferred to a crowd that fits better") {
  Dataset truth = truth_of({box(0, 0, 100, 100, true), box(0, 0, 100, 80)});
  CHECK(stats(truth, {found(0, 0, 100, 100, .9)})[AP50] == Approx(1).epsilon(1e-12));
}

TEST_CASE("areas of exactly 32 x 32 and 96 x 96 belong to both neighbours") {
  Stats s = stats(truth_of({box(0, 0, 32, 32)}), {found(0, 0, 32, 32, .9)});
  CHECK(s[APS] == kPerfect);
  CHECK(s[APM] == kPerfect);
  CHECK(s[APL] == -1);
  s = stats(truth_of({box(0, 0, 96, 96)}), {found(0, 0, 96, 96, .9)});
  CHECK(s[APS] == -1);
  CHECK(s[APM] == kPerfect);
  CHECK(s[APL] == kPerfect);
}

TEST_CASE("of two objects with equal IoU the later one is matched") {
  // The first detection takes the later twin, a medium one by area; the earlier twin is small.
  Dataset truth = truth_of({box(0, 0, 50, 50), box(0, 0, 50, 50)});
  truth.objects[0].area = 500;
  Stats s = stats(truth, {found(0, 0, 50, 50, .9)});
  CHECK(s[AR100] == 0.5);
  CHECK(s[ARS] == 1);  // in each range the twin of the other range is out of the way
  CHECK(s[ARM] == 1);
  // A third detection tells which was taken: at 0.5 it overlaps the first twin only.
  truth = truth_of({box(0, 0, 100, 100), box(0, 20, 100, 100)});
  s = stats(truth, {found(0, 10, 100, 100, .9), found(0, 0, 100, 100, .8)});
  CHECK(s[AR100] == Approx(0.85));
  s = stats(truth, {found(0, 10, 100, 100, .9), found(0, 20, 100, 100, .8)});
  CHECK(s[AR100] == Approx(0.7));
}

TEST_CASE("equal scores rank as they are listed") {
  Dataset truth = truth_of({box(0, 0, 50, 50)});
  Detection right = found(0, 0, 50, 50, .5), wrong = found(200, 200, 50, 50, .5);
  CHECK(stats(truth, {right, wrong})[AP] == kPerfect);
  CHECK(stats(truth, {wrong, right})[AP] == Approx(0.5).epsilon(1e-12));
}

TEST_CASE("detections without extent are wrong, and match nothing without extent") {
  CHECK(stats(truth_of({box(0, 0, 50, 50)}), {found(10, 10, 0, 0, .5)})[AP] == 0);
  CHECK(stats(truth_of({box(0, 0, 0, 50)}), {found(0, 0, 0, 50, .5)})[AP] == 0);
  CHECK(stats(truth_of({box(0, 0, 50, 50)}), {found(50, 50, -50, -50, .5)})[AP] == 0);
}

TEST_CASE("the 101st detection of an image and class does not exist") {
  Dataset truth = truth_of({box(0, 0, 50, 50)});
  std::vector<Detection> detections;
  for (int i = 0; i < 100; ++i) detections.push_back(found(200 + i, 200, 50, 50, .9));
  detections.push_back(found(0, 0, 50, 50, .1));
  CHECK(stats(truth, detections)[AP] == 0);
  detections[50].category = 1;  // a detection of another class makes room
  CHECK(stats(truth, detections)[AP] == Approx(0.01).epsilon(1e-9));
  CHECK(stats(truth, detections, {.max_detections = {1, 10, 20}})[AP] == 0);
}

TEST_CASE("a wrong detection whose area is outside the range is not counted against it") {
  Dataset truth = truth_of({box(0, 0, 20, 20)});
  Stats s = stats(truth, {found(200, 200, 50, 50, .9), found(0, 0, 20, 20, .5)});
  CHECK(s[AP] == Approx(0.5).epsilon(1e-12));
  CHECK(s[APS] == kPerfect);
}

TEST_CASE("reference areas are those of the boxes") {
  Dataset truth = truth_of({box(0, 0, 50, 50)});
  truth.objects[0].area = 900;  // the mask is small, the box is not
  Stats official = stats(truth, {found(0, 0, 50, 50, .9)});
  CHECK(official[APS] == kPerfect);
  CHECK(official[APM] == -1);
  Stats reference = stats(truth, {found(0, 0, 50, 50, .9)}, {.reference_area = true});
  CHECK(reference[APS] == -1);
  CHECK(reference[APM] == kPerfect);
}

TEST_CASE("matching is greedy by score, even where that loses an object") {
  // The better-ranked detection takes the only object that the other one could have had.
  Dataset truth = truth_of({box(0, 0, 100, 100), box(0, 40, 100, 100)});
  Stats s = stats(truth, {found(0, 21, 100, 100, .9), found(0, 45, 100, 100, .8)});
  CHECK(s[AR100] < 0.5);
}

TEST_CASE("categories are listed by id, with their own numbers") {
  Dataset truth = truth_of({box(0, 0, 50, 50), box(0, 0, 90, 90, true), box(200, 0, 50, 50)});
  truth.objects[2].category = 1;
  std::vector<Detection> detections = {found(0, 0, 50, 50, .9)};
  Evaluation e = data::evaluate(truth, detections);
  REQUIRE(e.categories.size() == 2);
  CHECK(e.categories[0].category == 1);  // id 3
  CHECK(e.categories[0].objects == 1);
  CHECK(e.categories[0].ap == 0);
  CHECK(e.categories[0].detections == 0);
  CHECK(e.categories[1].category == 0);
  CHECK(e.categories[1].objects == 1);
  CHECK(e.categories[1].crowds == 1);
  CHECK(e.categories[1].ap50 == Approx(1).epsilon(1e-12));
  CHECK(e.categories[1].ar == 1);
  CHECK(e.stats[AP] == Approx(0.5));
  CHECK(e.curve(1, 0)[100] == kPerfect);
  CHECK(e.curve(0, 0)[100] == 0);
  CHECK(e.scores[e.curve_index(0, 100, 1, Evaluation::all, 2)] == .9);
  CHECK((e.images == 1 && e.objects == 3 && e.detections == 1));
}

TEST_CASE("a number that is not finite is an error that names its place") {
  Dataset truth = truth_of({box(0, 0, 50, 50)});
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  Detection good = found(0, 0, 5, 5, .5);
  CHECK_THAT(error_of(truth, {good, found(0, 0, 5, 5, nan)}),
             Catch::StartsWith("detection 1 (image id 42): nan"));
  CHECK_THAT(error_of(truth, {found(0, infinity, 5, 5, .5)}),
             Catch::StartsWith("detection 0 (image id 42): inf"));
  truth.objects[0].width = nan;
  CHECK_THAT(error_of(truth, {}), Catch::StartsWith("annotation 1 (image id 42): nan"));
}

TEST_CASE("detections of nowhere and repeated ids are errors") {
  Dataset truth = truth_of({});
  Detection d = found(0, 0, 5, 5, .5);
  d.image_id = 43;
  CHECK_THAT(error_of(truth, {d}), Catch::Contains("image id 43 is not among"));
  d = found(0, 0, 5, 5, .5);
  d.category = 2;
  CHECK_THAT(error_of(truth, {d}), Catch::Contains("category 2"));
  truth.images.push_back({.id = 42});
  CHECK_THAT(error_of(truth, {}), Catch::Contains("image id 42 occurs twice"));
  truth.images.pop_back();
  truth.categories.push_back({3, "again"});
  CHECK_THAT(error_of(truth, {}), Catch::Contains("category id 3 occurs twice"));
}
