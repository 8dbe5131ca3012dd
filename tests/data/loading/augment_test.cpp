#include "data/loading/augment.h"
#include "tests/support/catch.h"

#include <cmath>

#include "engine/base/error.h"

using data::BoxWindow, data::CropOptions, data::LabelledBox, data::LabelledBoxes, data::PixelWindow;

namespace {

bool close(float a, float b) { return std::fabs(a - b) < 2e-6f; }

void check_box(const LabelledBox& b, float ymin, float xmin, float ymax, float xmax) {
  INFO(b.ymin << " " << b.xmin << " " << b.ymax << " " << b.xmax);
  CHECK((close(b.ymin, ymin) && close(b.xmin, xmin) && close(b.ymax, ymax) && close(b.xmax, xmax)));
}

// Share of successful single attempts.
double success_rate(data::PictureSize picture, const CropOptions& options, double* low = nullptr,
                    double* high = nullptr) {
  constexpr int kDraws = 40000;
  base::RandomSequence random(5, 6);
  int successes = 0;
  for (int i = 0; i < kDraws; ++i) {
    PixelWindow w;
    if (!data::try_window(picture, options, random, w)) continue;
    ++successes;
    double area = double(w.height) * w.width, aspect = double(w.width) / w.height;
    double whole = double(picture.height) * picture.width;
    REQUIRE((area >= options.area_min * whole && area <= options.area_max * whole));
    REQUIRE((w.y >= 0 && w.x >= 0 && w.y + w.height <= picture.height &&
             w.x + w.width <= picture.width));
    // The last possible offset is never drawn.
    REQUIRE((w.height == picture.height ? w.y == 0 : w.y + w.height < picture.height));
    REQUIRE((w.width == picture.width ? w.x == 0 : w.x + w.width < picture.width));
    if (low) *low = std::min(*low, aspect);
    if (high) *high = std::max(*high, aspect);
  }
  return double(successes) / kDraws;
}

data::Dataset one_image(std::vector<data::Object> objects) {
  data::Dataset dataset;
  dataset.categories = {{1, "a"}, {7, "b"}};
  dataset.images = {
      {.id = 3, .width = 200, .height = 100, .object_count = uint32_t(objects.size())}};
  dataset.objects = std::move(objects);
  return dataset;
}

}  // namespace

TEST_CASE("flip") {
  LabelledBoxes boxes{{0, 0.25f, 0.75f, 1, 1, 1}, {0.25f, 0.5f, 0.75f, 1, 2, 0.5f}};
  data::flip_left_right(boxes);
  check_box(boxes[0], 0, 0, 0.75f, 0.75f);
  check_box(boxes[1], 0.25f, 0, 0.75f, 0.5f);
  CHECK(boxes[1].label == 2);
  CHECK(boxes[1].weight == 0.5f);
}

TEST_CASE("crop of boxes") {
  const BoxWindow window{0.2f, 0.2f, 0.6f, 0.7f};
  LabelledBoxes boxes{
      {0.0f, 0.0f, 0.2f, 0.5f, 1, 1},      // touches from above: outside
      {0.3f, 0.7f, 0.5f, 0.9f, 2, 1},      // touches from the right: outside
      {0.3f, 0.3f, 0.3f, 0.5f, 3, 1},      // no area
      {0.1f, 0.1f, 0.3f, 0.3f, 4, 1},      // a quarter inside
      {0.3f, 0.3f, 0.5f, 0.6f, 5, 0.25f},  // inside
  };
  LabelledBoxes kept = boxes;
  data::crop_boxes(kept, window, 0, true);
  REQUIRE(kept.size() == 2);
  CHECK(kept[0].label == 4);
  check_box(kept[0], 0, 0, 0.25f, 0.2f);
  CHECK(kept[1].label == 5);
  CHECK(kept[1].weight == 0.25f);
  check_box(kept[1], 0.25f, 0.2f, 0.75f, 0.8f);

  kept = boxes;
  data::crop_boxes(kept, window, 0, false);
  check_box(kept[0], -0.25f, -0.2f, 0.25f, 0.2f);
  kept = boxes;
  data::crop_boxes(kept, window, 0.3f, true);
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].label == 5);
}

TEST_CASE("objects to ground truth") {
  const double nan = std::nan(""), inf = INFINITY;
  data::Dataset dataset = one_image({{1, 0, false, 10, 20, 100, 50, 0},
                                     {2, 1, true, 0, 0, 200, 100, 0},
                                     {3, 0, false, 150, 20, 51, 50, 0},  // overshoots to the right
                                     {4, 0, false, 10, 20, 0, 50, 0},    // no width
                                     {5, 0, false, 10, 20, 5, -1, 0},
                                     {6, 0, false, nan, 20, 5, 5, 0},
                                     {7, 0, false, 10, 20, inf, 5, 0},
                                     {8, 0, false, -5, -5, 10, 10, 0},     // negative corner: kept
                                     {9, 0, false, 250, 20, 10, 10, 0}});  // beside the image
  data::GroundTruthOptions options{.class_columns = {1, 2}};
  auto labels = [&] {
    std::vector<int> all;
    for (const LabelledBox& b : ground_truth(dataset, dataset.images[0], options))
      all.push_back(b.label);
    return all;
  };
  CHECK(labels() == std::vector{1, 2, 1});
  LabelledBoxes boxes = ground_truth(dataset, dataset.images[0], options);
  check_box(boxes[0], 0.2f, 0.05f, 0.7f, 0.55f);
  check_box(boxes[2], -0.05f, -0.025f, 0.05f, 0.025f);

  options.crowd = data::CrowdPolicy::ignore;
  CHECK(labels() == std::vector{1, 1});
  options.overshoot = data::OvershootPolicy::clip;
  CHECK(labels() == std::vector{1, 1, 1});
  check_box(ground_truth(dataset, dataset.images[0], options)[1], 0.2f, 0.75f, 0.7f, 1);
  check_box(ground_truth(dataset, dataset.images[0], options)[2], 0, 0, 0.05f, 0.025f);
  options.class_columns = {-1, 4};
  options.crowd = data::CrowdPolicy::train;
  CHECK(labels() == std::vector{4});
}

TEST_CASE("box tables are padded, and cut to the first rows") {
  LabelledBoxes boxes;
  for (int i = 0; i < 5; ++i) boxes.push_back({0, 0, 0.5f, 0.1f * float(i), i + 1, 0.5f});
  for (int rows : {3, 8}) {
    std::vector<float> corners(size_t(rows * 4), 9), weights(size_t(rows), 9);
    std::vector<int32_t> labels(size_t(rows), 9);
    CHECK(data::pad_or_clip(boxes, {corners.data(), labels.data(), weights.data(), rows}) ==
          std::min(rows, 5));
    for (int i = 0; i < rows; ++i) {
      CHECK(labels[size_t(i)] == (i < 5 ? i + 1 : 0));
      CHECK(weights[size_t(i)] == (i < 5 ? 0.5f : 0));
      CHECK(corners[size_t(4 * i + 3)] == (i < 5 ? 0.1f * float(i) : 0));
    }
  }
}

TEST_CASE("windows succeed as often as the geometry allows") {
  double low = 9, high = 0;
  CHECK(success_rate({480, 640}, {}, &low, &high) == Approx(0.778 / 2.25).margin(0.02));
  CHECK((low > 0.99 && high < 1.79));
  low = 9, high = 0;
  CHECK(success_rate({640, 480}, {}, &low, &high) == Approx(0.25 / 2.25).margin(0.02));
  CHECK((low > 0.74 && high < 1.01));
  CHECK(success_rate({1000, 550}, {}) == 0);  // narrower than 0.5625
  CHECK(success_rate({400, 400}, {.aspect_min = 1, .aspect_max = 1, .area_min = 1}) == 1);
}

TEST_CASE("windows must cover an object") {
  base::RandomSequence random(1, 2);
  CropOptions options{.min_object_covered = 1, .area_min = 0.3f};
  for (int i = 0; i < 200; ++i) {
    PixelWindow w = data::sample_window({300, 400}, {{0.4f, 0.4f, 0.6f, 0.6f}}, options, random);
    CHECK((w.y <= 120 && w.x <= 160 && w.y + w.height >= 180 && w.x + w.width >= 240));
  }
  // Boxes below one pixel can never be covered, so the image stays whole; without boxes it is
  // cropped.
  const PixelWindow whole{0, 0, 300, 400};
  options.min_object_covered = 0;
  CHECK(data::sample_window({300, 400}, {{0.5f, 0.5f, 0.5001f, 0.6f}}, options, random) == whole);
  int cropped = 0;
  for (int i = 0; i < 50; ++i)
    cropped += !(data::sample_window({300, 400}, {}, options, random) == whole);
  CHECK(cropped > 45);
}

TEST_CASE("random_coef leaves images whole") {
  base::RandomSequence random(3, 4);
  CropOptions options{.area_max = 0.9f, .random_coef = 0.3f};
  int whole = 0;
  for (int i = 0; i < 4000; ++i) {
    LabelledBoxes boxes;
    whole += data::random_crop({400, 500}, options, random, boxes).crop.height *
                 data::random_crop({400, 500}, {.random_coef = 1}, random, boxes).crop.width ==
             400 * 500;
  }
  CHECK(whole / 4000.0 == Approx(0.3).margin(0.04));
}

TEST_CASE("the SSD crop family keeps its promises") {
  using data::CropKind;
  for (CropKind kind : {CropKind::ssd, CropKind::ssd_pad, CropKind::ssd_fixed_aspect,
                        CropKind::ssd_pad_fixed_aspect}) {
    base::RandomSequence random(11, uint64_t(kind));
    int padded = 0;
    for (int i = 0; i < 500; ++i) {
      LabelledBoxes boxes{{0.25f, 0.25f, 0.75f, 0.75f, 1, 1}};
      data::Placement p = data::ssd_random_crop(kind, {200, 300}, random, boxes);
      CHECK((p.crop.y >= 0 && p.crop.x >= 0 && p.crop.y + p.crop.height <= 200 &&
             p.crop.x + p.crop.width <= 300));
      CHECK((p.y >= 0 && p.x >= 0 && p.y + p.crop.height <= p.height &&
             p.x + p.crop.width <= p.width));
      bool square = kind == CropKind::ssd_fixed_aspect || kind == CropKind::ssd_pad_fixed_aspect;
      if (square) CHECK(p.height == p.width);
      if (kind == CropKind::ssd_pad)
        CHECK((p.height >= 200 && p.height < 400 && p.width >= 300 && p.width < 600));
      padded += p.height > p.crop.height || p.width > p.crop.width;
      // What is left of the box lies where its pixels lie on the canvas.
      for (const LabelledBox& b : boxes) {
        float top = std::max(0.0f, 50.0f - float(p.crop.y)) + float(p.y);
        float right = std::min(float(p.crop.width), 225.0f - float(p.crop.x)) + float(p.x);
        CHECK(b.ymin * float(p.height) == Approx(top).margin(0.01));
        CHECK(b.xmax * float(p.width) == Approx(right).margin(0.01));
      }
    }
    bool pads = kind == CropKind::ssd_pad || kind == CropKind::ssd_pad_fixed_aspect;
    CHECK((padded > 0) == pads);
  }
}

TEST_CASE("transforms depend on seed, epoch and image alone; half of them flip") {
  data::AugmentOptions options;
  options.colour = {.probability = 1,
                    .order = data::ColourOrder::brightness_contrast_saturation_hue};
  int flips = 0, repeats = 0;
  for (int image = 0; image < 4000; ++image) {
    auto draw = [&](uint64_t seed, int64_t epoch) {
      LabelledBoxes boxes{{0.1f, 0.1f, 0.9f, 0.9f, 1, 1}};
      return draw_transform(options, {seed, epoch, image}, {480, 640}, boxes);
    };
    data::ImageTransform a = draw(1, 2), b = draw(1, 2), other = draw(1, 3);
    REQUIRE((a.flip == b.flip && a.placement.crop == b.placement.crop));
    REQUIRE(a.colour.size() == 4);
    REQUIRE(a.colour[1].op == kernels::ColourOp::contrast);
    REQUIRE(a.colour[0].value == b.colour[0].value);
    flips += a.flip;
    repeats += a.placement.crop == other.placement.crop;
  }
  CHECK(flips / 4000.0 == Approx(0.5).margin(0.03));
  CHECK(repeats < 40);
}

TEST_CASE("nonsense ranges are refused") {
  data::AugmentOptions options;
  data::check(options);
  options.crop.area_min = 2;
  CHECK_THROWS_AS(data::check(options), base::Error);
  options = {};
  options.colour.hue = 0.6;
  CHECK_THROWS_WITH(data::check(options), Catch::Contains("colour hue is 0.6"));
  options = {};
  options.flip_probability = std::nanf("");
  CHECK_THROWS_AS(data::check(options), base::Error);
}
