#include "kernels/match_anchors.h"
#include "tests/support/catch.h"

#include <random>
#include <vector>

#include "kernels/anchors.h"
#include "tests/support/engine/device_arrays.h"

using namespace kernels;

namespace {

using Ints = std::vector<int32_t>;

struct Objects {
  int images = 1, rows = 0;
  std::vector<Box> boxes;
  Ints labels;
  std::vector<float> weights;

  GroundTruth on(tests::DeviceArrays& arrays) const {
    return {arrays.input(boxes, DType::f32, {3, {images, rows, 4}}),
            arrays.input(labels, DType::i32, {2, {images, rows}}),
            arrays.input(weights, DType::f32, {2, {images, rows}})};
  }
};

std::vector<Box> ssd320_anchors() {
  std::vector<Box> anchors(12804);
  make_anchors({}, {}, {anchors.data(), DType::f32, {2, {12804, 4}}});
  return anchors;
}

Shape shape_of(const std::vector<Box>& anchors) { return {2, {int64_t(anchors.size()), 4}}; }

Ints match_on(const std::string& device, const Objects& objects, const std::vector<Box>& anchors,
              const MatchOptions& options) {
  int64_t count = int64_t(anchors.size());
  Ints rows(size_t(objects.images * count), 77), forced(size_t(objects.images * objects.rows), 77);
  tests::DeviceArrays arrays(device);
  match_anchors(arrays.queue(), objects.on(arrays),
                arrays.input(anchors, DType::f32, shape_of(anchors)), options,
                {arrays.output(rows, DType::i32, {2, {objects.images, count}}),
                 arrays.output(forced, DType::i32, {2, {objects.images, objects.rows}})});
  arrays.fetch();
  return rows;
}

// On the CPU; a GPU must give the same.
Ints match(const Objects& objects, const std::vector<Box>& anchors,
           const MatchOptions& options = {}) {
  const Ints rows = match_on("cpu", objects, anchors, options);
  if (tests::have_gpu()) CHECK(match_on("cuda:0", objects, anchors, options) == rows);
  return rows;
}

// The rules, one after another, with the whole matrix in memory.
Ints naive_match(const Objects& o, int image, const std::vector<Box>& anchors,
                 const MatchOptions& options) {
  const Box* boxes = o.boxes.data() + image * o.rows;
  const float* weights = o.weights.data() + image * o.rows;
  Ints match(anchors.size(), kUnmatched);
  bool any = false;
  for (int g = 0; g < o.rows; ++g) any |= weights[g] > 0;
  if (!any) return match;
  auto at = [&](int g, size_t a) { return iou(boxes[g], anchors[a]); };
  float matched = options.matched_threshold.value_or(-INFINITY);
  float unmatched = options.unmatched_threshold.value_or(matched);
  for (size_t a = 0; a < anchors.size(); ++a) {
    int best = 0;
    for (int g = 1; g < o.rows; ++g)
      if (at(g, a) > at(best, a)) best = g;
    float value = at(best, a);
    match[a] = value >= matched ? best : value >= unmatched ? kIgnored : kUnmatched;
  }
  for (int g = o.rows - 1; g >= 0 && options.force_match; --g) {
    if (!(weights[g] > 0)) continue;
    size_t best = 0;
    for (size_t a = 1; a < anchors.size(); ++a)
      if (at(g, a) > at(g, best)) best = a;
    match[best] = g;
  }
  return match;
}

Objects random_objects(std::mt19937& random, int images, int rows) {
  auto u = [&] { return std::uniform_real_distribution<float>(0, 1)(random); };
  Objects o{images, rows, {}, {}, {}};
  for (int i = 0; i < images * rows; ++i) {
    float y = u(), x = u(), h = u() * u(), w = u() * u();
    Box box{y, x, y + h, x + w};
    switch (random() % 12) {
      case 0:
        box = {0, 0, 0, 0};
        break;  // padding
      case 1:
        box.ymax = box.ymin;
        break;  // no area
      case 2:
        if (i > 0) box = o.boxes.back();
        break;  // the same object twice
      case 3:
        box = {5, 5, 6, 6};
        break;  // overlaps no anchor
      case 4:
        std::swap(box.ymin, box.ymax);
        break;  // inverted
    }
    o.boxes.push_back(box);
    o.labels.push_back(int(random() % 92) - 1);
    o.weights.push_back(random() % 4 ? 1.f : random() % 2 ? 0.f : 0.5f);
  }
  return o;
}

}  // namespace

TEST_CASE("matches equal the naive matcher's on random images") {
  std::vector<Box> anchors = ssd320_anchors();
  std::mt19937 random(3);
  for (int round = 0; round < 24; ++round) {
    int rows = round < 8 ? round % 4 : int(random() % 30);
    Objects objects = random_objects(random, 2, rows);
    MatchOptions options;
    if (round % 3 == 1) options.unmatched_threshold = 0.4f;
    if (round % 5 == 4) options.force_match = false;
    Ints ours = match(objects, anchors, options);
    for (int image = 0; image < 2; ++image) {
      Ints naive = naive_match(objects, image, anchors, options);
      REQUIRE(Ints(ours.begin() + image * 12804, ours.begin() + (image + 1) * 12804) == naive);
    }
  }
}

TEST_CASE("matches equal the naive matcher's on thousands of small random problems") {
  std::mt19937 random(4);
  std::vector<Box> all = ssd320_anchors();
  for (int round = 0; round < tests::rounds(4000); ++round) {
    std::vector<Box> anchors;
    for (int i = int(random() % 60) + 1; i > 0; --i) anchors.push_back(all[random() % all.size()]);
    Objects objects = random_objects(random, 1, int(random() % 8));
    MatchOptions options;
    options.force_match = round % 4 != 0;
    if (round % 7 == 0) options.matched_threshold = options.unmatched_threshold = {};
    REQUIRE(match(objects, anchors, options) == naive_match(objects, 0, anchors, options));
  }
}

TEST_CASE("forced matches: better overlaps lose, the lowest row wins, no overlap takes anchor 0") {
  std::vector<Box> anchors{{0, 0, 1, 1}, {2, 2, 3, 3}};
  Objects o{1, 3, {{0, 0, 1, 0.9f}, {0, 0, 1, 1}, {8, 8, 9, 9}}, {1, 2, 3}, {1, 1, 1}};
  CHECK(match(o, anchors) == Ints{0, kUnmatched});  // all three want anchor 0
  o.weights = {0, 1, 1};
  CHECK(match(o, anchors) == Ints{1, kUnmatched});
  o.weights = {0, 0, 1};
  CHECK(match(o, anchors) == Ints{2, kUnmatched});  // forced, though it overlaps nothing
  o.weights = {0, 0, 0};
  CHECK(match(o, anchors) == Ints{kUnmatched, kUnmatched});
}

namespace {

template <class A> struct Targets {
  Ints classes = Ints(3);
  std::vector<A> class_weights = std::vector<A>(3), boxes = std::vector<A>(12),
                 box_weights = std::vector<A>(3);
};

template <class A>
Targets<A> targets_on(const std::string& device, DType dtype, const Objects& o,
                      const std::vector<Box>& anchors, const Ints& matches) {
  Targets<A> t;
  tests::DeviceArrays arrays(device);
  assign_targets(arrays.queue(), o.on(arrays), arrays.input(anchors, DType::f32, shape_of(anchors)),
                 arrays.input(matches, DType::i32, {2, {1, 3}}), {},
                 {arrays.output(t.classes, DType::i32, {2, {1, 3}}),
                  arrays.output(t.class_weights, dtype, {2, {1, 3}}),
                  arrays.output(t.boxes, dtype, {3, {1, 3, 4}}),
                  arrays.output(t.box_weights, dtype, {2, {1, 3}})});
  arrays.fetch();
  return t;
}

}  // namespace

TEST_CASE("targets follow the matches") {
  const std::string device = GENERATE(from_range(tests::devices()));
  std::vector<Box> anchors{{0, 0, 0.5f, 0.5f}, {0.5f, 0.5f, 1, 1}, {0, 0.5f, 0.5f, 1}};
  Objects o{1, 2, {{0, 0, 0.5f, 0.4f}, {0.4f, 0.5f, 1, 1}}, {7, -3}, {0.25f, 1}};
  auto check_as = [&]<class A>(DType dtype) {
    const Targets<A> t = targets_on<A>(device, dtype, o, anchors, {0, 1, kIgnored});
    CHECK(t.classes == Ints{7, 0, 0});
    CHECK(t.class_weights == std::vector<A>{0.25, 1, 0});
    CHECK(t.box_weights == std::vector<A>{0.25, 1, 0});
    auto widened = [](const Box& b) { return BoxOf<A>{b.ymin, b.xmin, b.ymax, b.xmax}; };
    BoxCode<A> code = encode(widened(o.boxes[1]), widened(anchors[1]), {});
    CHECK(std::vector<A>(t.boxes.begin() + 4, t.boxes.begin() + 8) ==
          std::vector<A>{A(code.y), A(code.x), A(code.height), A(code.width)});
    CHECK(std::vector<A>(t.boxes.begin() + 8, t.boxes.end()) == std::vector<A>(4, A(0)));
  };
  check_as.operator()<float>(DType::f32);
  if (device == "cpu") check_as.operator()<double>(DType::f64);  // std::log, unlike f32
  const auto t =
      targets_on<float>(device, DType::f32, o, anchors, {kUnmatched, kUnmatched, kUnmatched});
  CHECK(t.classes == Ints{0, 0, 0});
  CHECK(t.class_weights == std::vector<float>{1, 1, 1});
  CHECK(t.box_weights == std::vector<float>{0, 0, 0});
}
