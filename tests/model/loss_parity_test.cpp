// The whole loss path (matching, targets, focal loss, smooth L1, normaliser) against
// tests/support/engine/naive_loss.h on ten thousand random images.
#include <cmath>

#include "engine/base/random.h"
#include "model/loss.h"
#include "tests/support/catch.h"
#include "tests/support/engine/naive_loss.h"
#include "tests/support/engine/op_case.h"

using namespace tests;

namespace {

using Corners = std::array<float, 4>;
using Random = base::RandomSequence;

std::vector<NaiveObject> random_objects(Random& random, int rows, int classes) {
  std::vector<NaiveObject> objects;
  const bool all_ignored = random.below(16) == 0;
  const int filled = int(random.below(rows + 1));  // the rest is padding, as the loader makes it
  for (int row = 0; row < rows; ++row) {
    const auto number = [&] { return float(random.unit()); };
    const float side = number(), y = number(), x = number();
    NaiveObject o{
        {y, x, y + side * number(), x + side * number()}, 1 + int(random.below(classes)), 1};
    switch (random.below(12)) {
      case 0:
        o.box[2] = o.box[0];
        break;  // no area
      case 1:
        if (row > 0) o = objects.back();
        break;  // the same object twice
      case 2:
        o.weight = 0;
        break;  // a crowd that is to be ignored
      case 3:
        o.weight = 0.5f;
        break;
      case 4:
        o.label = 0;
        break;
      case 5:
        o.box = {3, 3, 4, 4};
        break;  // overlaps no anchor
    }
    if (all_ignored) o.weight = 0;
    if (row >= filled) o = {{0, 0, 0, 0}, 0, 0};
    objects.push_back(o);
  }
  return objects;
}

struct Family {  // of detectors: input side and number of classes
  int side, classes, images, rounds;
};

struct FamilyBench {  // what the problems of a family share
  explicit FamilyBench(const Family& family)
      : options{.height = family.side, .width = family.side, .classes = family.classes},
        bench(size_t(96) << 20),
        anchors(*bench.backend, options) {
    const View boxes = anchors.boxes();
    corners.assign(boxes.as<Corners>(), boxes.as<Corners>() + anchors.count());
  }
  model::DetectorOptions options;
  Bench bench;
  model::Anchors anchors;
  std::vector<Corners> corners;
};

struct Truth {  // on the device
  Tensor boxes, labels, weights;
  kernels::GroundTruth view() const {
    return {.boxes = boxes, .labels = labels, .weights = weights};
  }
};

class Problem {
 public:
  Problem(FamilyBench& place, const Family& family, uint64_t number, DType dtype)
      : place_(place), images_(family.images), dtype_(dtype) {
    Random random(31, number);
    rows_ = 1 + int(number % 4 ? random.below(12) : random.below(100));
    for (int image = 0; image < images_; ++image) {
      objects_.push_back(random_objects(random, rows_, family.classes));
      predictions_.push_back(random_predictions(random));
    }
  }

  void check(double limit) const;

 private:
  NaivePredictions random_predictions(Random&) const;
  Truth truth(const engine::Context&) const;
  model::Predictions predictions(const engine::Context&) const;
  std::vector<int32_t> matches(const engine::Context&, const kernels::GroundTruth&) const;

  FamilyBench& place_;
  int images_, rows_ = 0;
  DType dtype_;
  std::vector<std::vector<NaiveObject>> objects_;
  std::vector<NaivePredictions> predictions_;
};

// Values that the dtype holds, so that both sides start from the same numbers.
NaivePredictions Problem::random_predictions(Random& random) const {
  NaivePredictions p{.columns = place_.options.columns()};
  const auto value = [&](double low, double high) {
    const double x = random.uniform(low, high);
    return dtype_ == DType::f32 ? double(float(x)) : x;
  };
  for (size_t i = 0; i < place_.corners.size() * size_t(p.columns); ++i)
    p.logits.push_back(value(-8, 3));
  for (size_t i = 0; i < place_.corners.size() * 4; ++i) p.codes.push_back(value(-3, 3));
  return p;
}

Truth Problem::truth(const engine::Context& c) const {
  Tensor boxes = c.empty({3, {images_, rows_, 4}}, DType::f32),
         labels = c.empty({2, {images_, rows_}}, DType::i32),
         weights = c.empty({2, {images_, rows_}}, DType::f32);
  Values box_values, label_values, weight_values;
  for (const auto& of_image : objects_)
    for (const NaiveObject& o : of_image) {
      box_values.insert(box_values.end(), o.box.begin(), o.box.end());
      label_values.push_back(o.label);
      weight_values.push_back(o.weight);
    }
  write(boxes, box_values), write(labels, label_values), write(weights, weight_values);
  return {boxes, labels, weights};
}

model::Predictions Problem::predictions(const engine::Context& c) const {
  model::Predictions p;
  for (int level = 0; level < place_.options.levels(); ++level) {
    const size_t first = size_t(place_.anchors.first_of_level(level));
    const size_t end = level + 1 < place_.options.levels()
                           ? size_t(place_.anchors.first_of_level(level + 1))
                           : place_.corners.size();
    const auto part = [&](std::vector<double> NaivePredictions::*member, size_t width) {
      Tensor t = c.empty({3, {images_, int64_t(end - first), int64_t(width)}}, dtype_);
      Values values;
      for (const NaivePredictions& of_image : predictions_) {
        const Values& all = of_image.*member;
        values.insert(values.end(), all.begin() + int64_t(first * width),
                      all.begin() + int64_t(end * width));
      }
      write(t, values);
      return t;
    };
    p.class_logits.push_back(part(&NaivePredictions::logits, size_t(place_.options.columns())));
    p.box_codes.push_back(part(&NaivePredictions::codes, 4));
  }
  return p;
}

std::vector<int32_t> Problem::matches(const engine::Context& c,
                                      const kernels::GroundTruth& truth) const {
  Tensor matched = c.empty({2, {images_, place_.anchors.count()}}, DType::i32),
         forced = c.empty({2, {images_, rows_}}, DType::i32);
  kernels::match_anchors(c.queue, truth, place_.anchors.boxes(), {},
                         {.rows = matched, .forced = forced});
  const Values rows = read(matched);
  return {rows.begin(), rows.end()};
}

void Problem::check(double limit) const {
  const engine::Context c = place_.bench.context();
  const Truth on_device = truth(c);
  const kernels::GroundTruth truth = on_device.view();
  const model::Targets targets = model::assign_targets(c, truth, place_.anchors, dtype_);
  const model::Losses losses =
      model::detection_losses(c, predictions(c), targets, place_.options.columns(), {});
  Tensor nothing = c.empty({1, {1}}, dtype_), report = c.empty({1, {4}}, dtype_);
  write(nothing, {0});
  model::report_losses(c, losses, targets, {}, nothing, report);

  const std::vector<int32_t> ours = matches(c, truth);
  NaiveLoss sum;
  for (int image = 0; image < images_; ++image) {
    const NaiveLoss one =
        naive_loss(place_.corners, objects_[size_t(image)], predictions_[size_t(image)]);
    const auto first = ours.begin() + image * place_.anchors.count();
    CHECK(std::equal(one.match.begin(), one.match.end(), first));
    sum.classification += one.classification, sum.localization += one.localization;
    sum.box_weight += one.box_weight;
  }
  const double normaliser = std::max(1.0, sum.box_weight);
  const double localization = sum.localization / 4 / normaliser;
  const double classification = sum.classification / normaliser;
  const double total = localization + classification;
  const Values got = read(report);
  CHECK(read(targets.normaliser)[0] == normaliser);
  CHECK(std::fabs(got[0] - localization) <= limit * localization);
  CHECK(std::fabs(got[1] - classification) <= limit * classification);
  CHECK(std::fabs(got[3] - total) <= limit * total);
}

// A small detector for most of the images, SSD320 with COCO's columns for some.
const Family kFamilies[] = {{64, 3, 40, 240}, {96, 20, 20, 20}, {320, 90, 2, 4}};

}  // namespace

TEST_CASE("losses of ten thousand random images equal the naive ones") {
#ifdef SSD_CUDA_BUILD  // kernels compiled by nvcc have no f64
  const DType dtype = DType::f32;
#else
  const DType dtype = GENERATE(DType::f32, DType::f64);
#endif
  const double limit = dtype == DType::f32 ? 1e-6 : 1e-12;
  uint64_t number = 0;
  for (const Family& family : kFamilies) {
    FamilyBench place(family);
    for (int round = 0; round < family.rounds; ++round, ++number) {
      INFO("problem " << number << ", input " << family.side);
      Problem(place, family, number, dtype).check(limit);
    }
  }
}
