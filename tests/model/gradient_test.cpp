// The whole detector's gradient in float64 against differences of its losses.
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/gradient_sample.h"

using namespace tests;
using model::DetectorOptions;

#ifndef SSD_CUDA_BUILD  // kernels compiled by nvcc have no f64
namespace {

// Flat positions of the parameters whose name has `part` in it.
Values direction(GradientSample& s, const std::string& part) {
  Values v(size_t(s.parameters.trained()), 0.0);
  for (const auto& named : s.parameters.named()) {
    if (!named.trained() || named.name.find(part) == std::string::npos) continue;
    Values u = uniform(s.random, size_t(named.value.shape.size()), -1, 1);
    std::copy(u.begin(), u.end(), v.begin() + named.offset);
  }
  double norm = 0;
  for (double x : v) norm += x * x;
  REQUIRE(norm > 0);
  for (double& x : v) x /= std::sqrt(norm);
  return v;
}

// Three directions; the difference counts relative to |gradient along the part|.
void check_along(GradientSample& s, const std::string& part, const Values& gradient) {
  const double h = 1e-6;
  Tensor weights = Tensor::borrow(s.parameters.master());
  const Values start = read(weights);
  for (int trial = 0; trial < 3; ++trial) {
    Values v = direction(s, part);
    auto at = [&](double step) {
      Values moved = start;
      for (size_t i = 0; i < v.size(); ++i) moved[i] += step * v[i];
      write(weights, moved);
      return s.loss(s.bench.context());
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
  GradientSample s(options);
  const Values gradient = s.gradient(s.bench.context());
  for (const char* part :
       {"", "backbone/", "fpn/", "heads/box", "heads/class", "/kernel", "/gamma", "/beta", "/bias"})
    check_along(s, part, gradient);
}

}  // namespace

TEST_CASE("gradient of the whole detector") { check_gradient(tiny_detector()); }

TEST_CASE("gradient with frozen batch norm") {
  DetectorOptions options = tiny_detector();
  options.frozen_batch_norm = true;
  check_gradient(options);
}

TEST_CASE("gradient with stride placement v1.5") {
  DetectorOptions options = tiny_detector();
  options.stride_in_3x3 = true;
  check_gradient(options);
}

TEST_CASE("gradient with the backbone of torchvision") {
  DetectorOptions options = tiny_detector();
  options.stride_in_3x3 = options.pool_pads_all_sides = true;
  options.backbone_relu6 = false;
  check_gradient(options);
}
#endif
