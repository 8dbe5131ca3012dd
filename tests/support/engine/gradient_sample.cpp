#include "tests/support/engine/gradient_sample.h"

#include <cmath>

namespace tests {

using engine::Parameters, engine::Tape, model::DetectorOptions;

namespace {

constexpr int kImages = 2, kRows = 3;

}  // namespace

DetectorOptions tiny_detector() {
  DetectorOptions o;
  o.height = 64;
  o.width = 96;
  o.classes = 3;
  o.backbone_width = 4;
  o.units = {1, 2, 1, 1};
  o.fpn_channels = o.head_channels = 8;
  o.head_depth = 1;
  return o;
}

GradientSample::GradientSample(const DetectorOptions& options)
    : bench(size_t(512) << 20),
      parameters(*bench.backend, engine::precision_named("f64")),
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
void GradientSample::draw(const Parameters::Named& named) {
  Tensor t = Tensor::borrow(named.value);
  size_t n = size_t(t.shape().size());
  auto ends = [&](const char* s) { return named.name.ends_with(s); };
  double fan_in = ends("/kernel") ? double(n) / double(t.shape()[0]) : 1;
  double side = std::sqrt(6 / fan_in);
  if (ends("/kernel")) write(t, uniform(random, n, -side, side));
  if (ends("gamma") || ends("variance")) write(t, uniform(random, n, 0.6, 1.4));
  if (ends("beta") || ends("mean") || ends("bias")) write(t, uniform(random, n, -0.4, 0.4));
}

double GradientSample::loss(const Context& c) {
  kernels::GroundTruth truth{boxes, labels, weights};
  auto targets = model::assign_targets(c, truth, anchors, DType::f64);
  model::LossOptions options{.delta = 0.7, .classification_weight = 2};
  auto losses = model::detection_losses(c, detector.forward(c, images), targets,
                                        detector.options().columns(), options);
  Tensor none = c.empty({1, {1}}, DType::f64);
  write(none, {0});
  model::report_losses(c, losses, targets, options, none, report);
  if (c.tape) model::backward(c, losses, targets, options, nullptr);
  return read(report)[3];
}

Values GradientSample::gradient(Context c) {
  parameters.zero_gradients({});
  Tape tape;
  parameters.watch(tape);
  c.tape = &tape;
  loss(c);
  return read(Tensor::borrow(parameters.gradient()));
}

}  // namespace tests
