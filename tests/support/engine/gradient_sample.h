// A detector of a few channels in float64, with images, objects and weights that let every layer
// take part: what whole-model tests differentiate.
#pragma once
#include "model/loss.h"
#include "tests/support/engine/op_case.h"

namespace tests {

model::DetectorOptions tiny_detector();

struct GradientSample {
  explicit GradientSample(const model::DetectorOptions&);
  double loss(const Context&);  // the weighted sum; where there is a tape, its gradient, too
  Values gradient(Context);     // flat, as Parameters::gradient()

  Bench bench;
  engine::Parameters parameters;
  model::Detector detector;
  model::Anchors anchors;
  std::mt19937 random{5};
  Tensor images, boxes, labels, weights, report;

 private:
  void draw(const engine::Parameters::Named&);
};

}  // namespace tests
