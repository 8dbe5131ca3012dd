#include <algorithm>
#include <cmath>
#include <random>

#include "kernels/anchors.h"
#include "kernels/nms.h"
#include "tests/support/catch.h"
#include "tests/support/engine/naive_nms.h"

using namespace kernels;
using namespace tests;

namespace {

constexpr int kColumns = 91, kAnchors = 12804;

// SSD320's predictions for some images, in any dtype.
template <class T> struct Predicted {
  int images;
  DType dtype;
  std::vector<Box> anchors = std::vector<Box>(kAnchors);
  std::vector<std::vector<T>> logits, codes;  // per level

  Predicted(int image_count, DType type) : images(image_count), dtype(type) {
    make_anchors({}, {}, {anchors.data(), DType::f32, {2, {kAnchors, 4}}});
    for (int side : {40, 20, 10, 5, 3}) {
      logits.emplace_back(size_t(images * side * side * 6 * kColumns));
      codes.emplace_back(size_t(images * side * side * 6 * 4));
    }
  }
  // logit(random, class) and code(random) fill everything; the background's logits are high.
  template <class L, class C> void fill(L logit, C code) {
    std::mt19937 random(17);
    for (auto& level : logits)
      for (size_t i = 0; i < level.size(); ++i)
        level[i] = T(Acc<T>(i % kColumns ? logit(random, int(i % kColumns) - 1) : 20));
    for (auto& level : codes)
      for (T& c : level) c = T(Acc<T>(code(random)));
  }
  Predictions on(DeviceArrays& arrays) const {
    Predictions p{.levels = {},
                  .anchors = arrays.input(anchors, DType::f32, {2, {kAnchors, 4}}),
                  .columns = kColumns,
                  .scales = {}};
    const int sides[] = {40, 20, 10, 5, 3};
    for (size_t l = 0; l < 5; ++l)
      p.levels.push_back(
          {arrays.input(logits[l], dtype, {4, {images, sides[l], sides[l], 6 * kColumns}}),
           arrays.input(codes[l], dtype, {4, {images, sides[l], sides[l], 24}})});
    return p;
  }
  // The same for the naive algorithm: boxes decoded, scores computed.
  NmsProblem problem() const {
    NmsProblem p{images, kAnchors, kColumns - 1, 1, {}, {}};
    for (int image = 0; image < images; ++image) {
      size_t anchor = 0;
      for (size_t l = 0; l < 5; ++l) {
        size_t count = codes[l].size() / 4 / size_t(images);
        for (size_t a = size_t(image) * count; a < size_t(image + 1) * count; ++a, ++anchor) {
          auto code = [&](size_t k) { return float(Acc<T>(codes[l][a * 4 + k])); };
          p.boxes.push_back(
              decode(BoxCode<float>{code(0), code(1), code(2), code(3)}, anchors[anchor], {}));
          for (size_t c = 1; c < kColumns; ++c)
            p.scores.push_back(sigmoid(float(Acc<T>(logits[l][a * kColumns + c]))));
        }
      }
    }
    return p;
  }
  NmsOutput detected_on(const std::string& device) const {
    DeviceArrays arrays(device);
    Predictions in = on(arrays);
    std::vector<uint8_t> workspace(size_t(nms_workspace(in, options)));
    NmsOutput out(images, options.max_total);
    detect(arrays.queue(), in, options,
           arrays.output(workspace, DType::u8, {1, {int64_t(workspace.size())}}), out.on(arrays));
    arrays.fetch();
    return out;
  }
  // On the CPU; a GPU must give the same bits.
  std::vector<NmsImage> detected() {
    const NmsOutput out = detected_on("cpu");
    status = out.status;
    if (have_gpu() && dtype != DType::f64) {
      const NmsOutput there = detected_on("cuda:0");
      CHECK(there.images() == out.images());
      CHECK(there.status == status);
    }
    return out.images();
  }
  std::vector<int32_t> status;
  NmsOptions options;
};

float normal(std::mt19937& random, float mean, float deviation) {
  return std::normal_distribution<float>(mean, deviation)(random);
}

template <class T, class L, class C> void check_against_naive(DType dtype, L logit, C code) {
  Predicted<T> p(2, dtype);
  p.fill(logit, code);
  CHECK(p.detected() == naive_nms(p.problem(), {}));
  CHECK(p.status == std::vector<int32_t>{0, 0});
}

}  // namespace

TEST_CASE("detections of SSD320 equal the naive algorithm's in every dtype") {
  auto logit = [](std::mt19937& r, int) { return r() % 500 ? normal(r, -7, 1) : normal(r, 0, 2); };
  auto code = [](std::mt19937& r) { return normal(r, 0, 1); };
  check_against_naive<float>(DType::f32, logit, code);
  check_against_naive<f16>(DType::f16, logit, code);
  check_against_naive<bf16>(DType::bf16, logit, code);  // many equal scores
#ifndef SSD_CUDA_BUILD
  check_against_naive<double>(DType::f64, logit, code);
#endif
}

TEST_CASE("detections of an untrained network, and of equal logits") {
  auto code = [](std::mt19937& r) { return normal(r, 0, 0.1f); };
  check_against_naive<float>(
      DType::f32, [](std::mt19937& r, int) { return normal(r, -4.6f, 0.02f); }, code);
  check_against_naive<float>(
      DType::f32, [](std::mt19937&, int) { return -4.6f; }, code);
}

TEST_CASE("logits around those of the threshold") {
  for (float threshold : {1e-8f, 0.3f, 0.998f, 0.9995f}) {
    CAPTURE(threshold);
    const float there = float(std::log(double(threshold) / (1 - double(threshold))));
    const float width = 1e-6f * std::max(1.f, std::abs(there));
    Predicted<float> p(1, DType::f32);
    p.options.score_threshold = threshold;
    p.fill([&](std::mt19937& r, int) { return r() % 300 ? -30.f : normal(r, there, width); },
           [](std::mt19937& r) { return normal(r, 0, 1); });
    const std::vector<NmsImage> found = p.detected();
    CHECK(!found[0].empty());
    CHECK(found == naive_nms(p.problem(), p.options));
  }
}

TEST_CASE("saturated scores and a class that crowds out the others") {
  auto code = [](std::mt19937& r) { return normal(r, 0, 1); };
  check_against_naive<float>(
      DType::f32, [](std::mt19937& r, int) { return normal(r, 15, 3); }, code);
  check_against_naive<float>(
      DType::f32, [](std::mt19937& r, int c) { return c == 3 ? 40.f : normal(r, -9, 1); }, code);
}

TEST_CASE("every box the same: all scores are used up") {
  Predicted<float> p(1, DType::f32);
  p.fill([](std::mt19937& r, int c) { return c < 85 ? normal(r, -5, 1) : -30.f; },
         [](std::mt19937&) { return 0.f; });
  for (Box& anchor : p.anchors) anchor = {0.25f, 0.25f, 0.75f, 0.75f};
  std::vector<NmsImage> ours = p.detected();
  CHECK(ours[0].size() == 85);
  CHECK(ours == naive_nms(p.problem(), {}));
}

TEST_CASE("every box outside the image: per-class caps, then nothing is left") {
  Predicted<float> p(1, DType::f32);
  p.fill([](std::mt19937& r, int c) { return c < 3 ? normal(r, -5, 1) : -30.f; },
         [](std::mt19937& r) { return normal(r, 0, 0.5f); });
  for (Box& anchor : p.anchors)
    anchor = {anchor.ymin + 9, anchor.xmin, anchor.ymax + 9, anchor.xmax};
  p.anchors[77] = {0.25f, 0.25f, 0.75f, 0.75f};
  std::vector<NmsImage> ours = p.detected();
  CHECK(ours == naive_nms(p.problem(), {}));
}

TEST_CASE("NaN and infinite predictions are reported") {
  for (int where = 0; where < 4; ++where) {
    Predicted<float> p(2, DType::f32);
    p.fill([](std::mt19937& r, int) { return normal(r, -5, 1); },
           [](std::mt19937& r) { return normal(r, 0, 1); });
    float bad = where % 2 ? -INFINITY : NAN;
    auto& target = where < 2 ? p.logits[3] : p.codes[4];
    target[target.size() - 2] = bad;
    CHECK(p.detected()[1].empty());
    CHECK(p.status == std::vector<int32_t>{0, 1});
  }
}
