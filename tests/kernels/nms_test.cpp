#include "kernels/nms.h"
#include "tests/support/catch.h"

#include <algorithm>
#include <random>

#include "kernels/anchors.h"
#include "tests/support/engine/naive_nms.h"

using namespace kernels;
using namespace tests;

namespace {

// On the CPU; a GPU must give the same bits.
std::vector<NmsImage> run(const NmsProblem& p, const NmsOptions& options) {
  const std::vector<NmsImage> found = output_on("cpu", p, options).images();
  if (have_gpu()) CHECK(output_on("cuda:0", p, options).images() == found);
  return found;
}

NmsProblem random_problem(std::mt19937& random, int images, int boxes, int classes, int q) {
  auto u = [&] { return std::uniform_real_distribution<float>(0, 1)(random); };
  NmsProblem p{images, boxes, classes, q, {}, {}};
  int style = int(random() % 6);
  for (int i = 0; i < images * boxes * q; ++i) {
    float y = u(), x = u(), h = u() * 0.5f, w = u() * 0.5f;
    Box box{y, x, y + h, x + w};
    if (style == 1 && random() % 4 == 0) box.ymax = box.ymin;            // no area
    if (style == 2 && random() % 4 == 0) std::swap(box.ymin, box.ymax);  // inverted
    if (style == 3 && i > 0 && random() % 10) box = p.boxes.back();      // the same many times
    if (style == 4) box = scale(box, 1e6f, 1e6f);
    if (style == 5 && random() % 2) box = {y + 1, x, y + 1 + h, x + w};  // outside the window
    p.boxes.push_back(box);
  }
  bool ties = random() % 2;
  for (int i = 0; i < images * boxes * classes; ++i)
    p.scores.push_back(ties ? float(random() % 11) / 10 : u());
  return p;
}

// A box and a second one whose IoU with it is `overlap`, nearly.
NmsProblem pair_with(float overlap) {
  float shift = (1 - overlap) / (1 + overlap);
  return {1, 2, 1, 1, {{0, 0, 1, 1}, {0, shift, 1, 1 + shift}}, {0.9f, 0.8f}};
}

}  // namespace

TEST_CASE("one class: index lists equal the naive algorithm's on random sets") {
  std::mt19937 random(5);
  const float thresholds[] = {0.2f, 0.5f, 0.6f, 0.8f};
  for (int round = 0; round < rounds(6000); ++round) {
    int boxes = round % 50 == 0 ? int(random() % 1001) : int(random() % 60);
    NmsProblem p = random_problem(random, 1, boxes, 1, 1);
    NmsOptions options{.score_threshold = round % 3 ? 1e-8f : 0.5f,
                       .iou_threshold = thresholds[round % 4],
                       .max_per_class = 1000,
                       .max_total = 1000,
                       .window = {}};
    REQUIRE(run(p, options) == naive_nms(p, options));
  }
}

TEST_CASE("many classes, images, boxes per class, caps and windows equal the naive algorithm") {
  std::mt19937 random(6);
  for (int round = 0; round < rounds(1500); ++round) {
    int classes = 1 + int(random() % 7);
    NmsProblem p =
        random_problem(random, 1 + round % 3, int(random() % 50), classes, round % 4 ? 1 : classes);
    NmsOptions options{.score_threshold = round % 2 ? 1e-8f : 0.3f,
                       .iou_threshold = 0.5f,
                       .max_per_class = 1 + int(random() % 12),
                       .max_total = 1 + int(random() % 40)};
    if (round % 5 == 0) options.window = {};
    if (round % 7 == 0) options.change_frame = options.window.has_value();
    REQUIRE(run(p, options) == naive_nms(p, options));
  }
}

TEST_CASE("class-agnostic suppression and wanted classes equal the naive algorithm") {
  std::mt19937 random(8);
  for (int round = 0; round < rounds(1500); ++round) {
    int classes = 1 + int(random() % 40), boxes = int(random() % (round % 50 ? 40 : 700));
    NmsProblem p = random_problem(random, 1 + round % 3, boxes, classes, round % 4 ? 1 : classes);
    for (int c = 0; c < classes && round % 3; ++c) p.wanted.push_back(random() % 4 > 0);
    NmsOptions options{.score_threshold = round % 2 ? 1e-8f : 0.3f,
                       .iou_threshold = round % 5 ? 0.4f : 0.f,
                       .max_per_class = 1 + int(random() % 12),
                       .max_total = 1 + int(random() % 40)};
    options.agnostic = round % 4 != 3;
    REQUIRE(run(p, options) == naive_nms(p, options));
  }
}

TEST_CASE("a box suppresses those of other classes only if that is asked for") {
  // Two boxes with scores for two classes; the first one's classes share it.
  NmsProblem p{1, 2, 2, 1, {{0, 0, 1, 1}, {0, 0.1f, 1, 1.1f}}, {0.9f, 0.6f, 0.5f, 0.8f}};
  NmsOptions options{.iou_threshold = 0.5f, .window = {}};
  const NmsImage by_class = run(p, options)[0];
  REQUIRE(by_class.size() == 2);
  CHECK((by_class[0].c == 0 && by_class[1].c == 1 && by_class[1].anchor == 1));
  options.agnostic = true;
  REQUIRE(run(p, options)[0].size() == 1);
  CHECK(run(p, options)[0][0] == by_class[0]);
  p.wanted = {0, 1};  // a class that is not wanted suppresses nothing
  REQUIRE(run(p, options)[0].size() == 1);
  CHECK(run(p, options)[0][0] == by_class[1]);
  p.wanted = {0, 0};
  CHECK(run(p, options)[0].empty());
}

TEST_CASE("overlaps just below, at and above the threshold") {
  for (float threshold : {0.2f, 0.5f, 0.6f, 0.8f})
    for (float factor : {1 - 1e-5f, 1.f, 1 + 1e-5f}) {
      NmsProblem p = pair_with(threshold * factor);
      NmsOptions options{.iou_threshold = threshold, .window = {}};
      std::vector<NmsImage> ours = run(p, options);
      CHECK(ours == naive_nms(p, options));
      if (factor != 1) CHECK(ours[0].size() == (factor > 1 ? 1 : 2));
    }
  NmsProblem exact{1, 2, 1, 1, {{0, 0, 1, 1}, {0, 0, 1, 0.5f}}, {0.9f, 0.8f}};
  CHECK(run(exact, {.iou_threshold = 0.5f, .window = {}})[0].size() == 2);  // not above
}

TEST_CASE("sets larger than a round: all scores equal, all boxes equal, no area, full classes") {
  std::mt19937 random(7);
  auto u = [&] { return std::uniform_real_distribution<float>(0, 1)(random); };
  for (int style = 0; style < 6; ++style) {
    NmsProblem p{1, 1800, 5, 1, {}, {}};
    for (int i = 0; i < p.count; ++i) {
      float y = u() * 0.9f, x = u() * 0.9f;
      Box box{y, x, y + 0.1f, x + 0.1f};
      if (style == 1) box = {0.1f, 0.1f, 0.5f, 0.5f};            // one survivor per class
      if (style == 2) box = {y + 1, x + 1, y + 1.1f, x + 1.1f};  // never any area
      if (style == 3 && i % 20) box = {y + 1, x + 1, y + 1.1f, x + 1.1f};
      if (style == 4) box = {y, x, y + 0.001f, x + 0.001f};  // hardly any overlap
      p.boxes.push_back(box);
    }
    for (int i = 0; i < p.count * p.classes; ++i)
      p.scores.push_back(style == 5 ? 0.5f + 0.001f * float(i % 7) : 0.25f);
    for (int cap : {3, 100}) {
      NmsOptions options{.max_per_class = cap, .max_total = 100};
      INFO("style " << style << ", cap " << cap);
      CHECK(run(p, options) == naive_nms(p, options));
    }
  }
}

TEST_CASE("NaN and infinity are reported, never ranked") {
  const std::string device = GENERATE(from_range(devices()));
  for (float bad : {NAN, -NAN, INFINITY, -INFINITY})
    for (int where = 0; where < 2; ++where) {
      NmsProblem p{2, 3, 1, 1, {}, {}};
      for (int i = 0; i < 6; ++i) p.boxes.push_back({0, float(i), 1, float(i + 1)});
      p.scores = {0.9f, 0.8f, 0.7f, 0.6f, 0.5f, 0.4f};
      (where ? p.scores[4] : p.boxes[4].xmax) = bad;
      const NmsOutput out = output_on(device, p, {.window = {}});
      CHECK(out.status == std::vector<int32_t>{0, 1});
      CHECK(out.counts == std::vector<int32_t>{3, 0});
    }
}

TEST_CASE("options without sense are refused") {
  NmsProblem p = pair_with(0.5f);
  CHECK_THROWS(run(p, {.iou_threshold = NAN}));
  CHECK_THROWS(run(p, {.score_threshold = NAN}));
  CHECK_THROWS(run(p, {.max_per_class = 0}));
}
