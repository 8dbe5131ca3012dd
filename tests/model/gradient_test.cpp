// The whole detector's gradient in float64 against differences of its losses.
#include <catch2/catch.hpp>
#include <cmath>

#include "model/loss.h"
#include "tests/support/op_case.h"

using namespace tests;
using engine::Parameters, engine::Tape, model::DetectorOptions;

namespace {

DetectorOptions tiny(bool frozen, bool stride_in_3x3) {
  DetectorOptions o;
  o.height = 64;
  o.width = 96;
  o.classes = 3;
  o.backbone_width = 4;
  o.units = {1, 2, 1, 1};
  o.fpn_channels = o.head_channels = 8;
  o.head_depth = 1;
  o.frozen_batch_norm = frozen;
  o.stride_in_3x3 = stride_in_3x3;
  return o;
}

constexpr int kImages = 2, kRows = 3;

struct Sample {
  Bench bench{size_t(512) << 20};
  Parameters parameters;
  model::Detector detector;
  model::Anchors anchors;
  std::mt19937 random{5};
  Tensor images, boxes, labels, weights, report;

  explicit Sample(const DetectorOptions& options)
      : parameters(*bench.backend, engine::precision_named("f64")),
        detector(parameters, options),
        anchors(*bench.backend, options) {
    parameters.allocate(1);
    for (const auto& named : parameters.named()) draw(named);
    Context c = bench.context();
    images = c.empty({4, {kImages, options.height, options.width, 3}}, DType::f64);
    boxes = c.empty({3, {kImages, kRows, 4}}, DType::f32);
    labels = c.empty({2, {kImages, kRows}}, DType::i32);
    weights = c.empty({2, {kImages, kRows}}, DType::f32);
    report = c.empty({1, {4}}, DType::f64);
    write(images, uniform(random, size_t(images.shape().size()), -2, 2));
    Values corners;
    for (int i = 0; i < kImages * kRows; ++i)
      for (double at : {0.1, 0.2, 0.5, 0.7}) corners.push_back(at + 0.05 * i);
    write(boxes, corners);
    write(labels, {1, 2, 3, 3, 1, 0});
    write(weights, {1, 1, 0.5, 1, 1, 0});
  }

  // Values of an order that lets every layer take part: He's kernels, scales and statistics around
  // their start.
  void draw(const Parameters::Named& named) {
    Tensor t = Tensor::borrow(named.value);
    size_t n = size_t(t.shape().size());
    auto ends = [&](const char* s) { return named.name.ends_with(s); };
    double fan_in = ends("/kernel") ? double(n) / double(t.shape()[0]) : 1;
    double side = std::sqrt(6 / fan_in);
    if (ends("/kernel")) write(t, uniform(random, n, -side, side));
    if (ends("gamma") || ends("variance")) write(t, uniform(random, n, 0.6, 1.4));
    if (ends("beta") || ends("mean") || ends("bias")) write(t, uniform(random, n, -0.4, 0.4));
  }

  double loss(Tape* tape) {
    Context c = bench.context(tape);
    kernels::GroundTruth truth{boxes, labels, weights};
    auto targets = model::assign_targets(c, truth, anchors, DType::f64);
    model::LossOptions options{.delta = 0.7, .classification_weight = 2};
    auto losses = model::detection_losses(c, detector.forward(c, images), targets, anchors,
                                          detector.options().columns(), options);
    Tensor none = c.empty({1, {1}}, DType::f64);
    write(none, {0});
    model::report_losses(c, losses, targets, options, none, report);
    if (tape) model::backward(c, losses, targets, options, nullptr);
    return read(report)[3];
  }
};

// Flat positions of the parameters whose name has `part` in it.
Values direction(Sample& s, const std::string& part) {
  Values v(size_t(s.parameters.trained()), 0.0);
  for (const auto& named : s.parameters.named()) {
    if (!named.momentum.data || named.name.find(part) == std::string::npos) continue;
    auto first = named.momentum.as<double>() - s.parameters.momentum().as<double>();
    Values u = uniform(s.random, size_t(named.value.shape.size()), -1, 1);
    std::copy(u.begin(), u.end(), v.begin() + first);
  }
  double norm = 0;
  for (double x : v) norm += x * x;
  REQUIRE(norm > 0);
  for (double& x : v) x /= std::sqrt(norm);
  return v;
}

// Three directions; the difference counts relative to |gradient along the part|.
void check_along(Sample& s, const std::string& part, const Values& gradient) {
  const double h = 1e-6;
  Tensor weights = Tensor::borrow(s.parameters.master());
  const Values start = read(weights);
  for (int trial = 0; trial < 3; ++trial) {
    Values v = direction(s, part);
    auto at = [&](double step) {
      Values moved = start;
      for (size_t i = 0; i < v.size(); ++i) moved[i] += step * v[i];
      write(weights, moved);
      return s.loss(nullptr);
    };
    double numeric = (at(h) - at(-h)) / (2 * h), ours = 0, size = 0;
    write(weights, start);
    for (size_t i = 0; i < v.size(); ++i) ours += gradient[i] * v[i];
    for (size_t i = 0; i < v.size(); ++i) size += v[i] != 0 ? gradient[i] * gradient[i] : 0;
    double scale = std::sqrt(size / double(v.size() - size_t(std::count(v.begin(), v.end(), 0.0))));
    INFO(part << ": numeric " << numeric << ", ours " << ours);
    CHECK(std::fabs(numeric - ours) / scale < 1e-5);
  }
}

void check_gradient(const DetectorOptions& options) {
  Sample s(options);
  s.parameters.zero_gradients({});
  Tape tape;
  s.parameters.watch(tape);
  s.loss(&tape);
  const Values gradient = read(Tensor::borrow(s.parameters.gradient()));
  for (const char* part :
       {"", "backbone/", "fpn/", "heads/box", "heads/class", "/kernel", "/gamma", "/beta", "/bias"})
    check_along(s, part, gradient);
}

}  // namespace

#ifndef SSD_CUDA_BUILD  // kernels compiled by nvcc have no f64
TEST_CASE("gradient of the whole detector") { check_gradient(tiny(false, false)); }
TEST_CASE("gradient with frozen batch norm") { check_gradient(tiny(true, false)); }
TEST_CASE("gradient with stride placement v1.5") { check_gradient(tiny(false, true)); }
#endif
