// Batch norm runs in several ways, chosen by the mode and by what the device can fuse. The whole
// detector must learn the same on all of them.

#include "tests/support/catch.h"
#include "tests/support/engine/gradient_sample.h"
#include "tests/support/engine/summing_plans.h"

using namespace tests;

#ifndef SSD_CUDA_BUILD  // kernels compiled by nvcc have no f64

TEST_CASE("frozen batch norm, folded, has the gradients of convolution and batch norm apart") {
  model::DetectorOptions options = tiny_detector();
  GradientSample apart(options);
  options.frozen_batch_norm = true;
  GradientSample folded(options);
  const Values before = read(Tensor::borrow(folded.parameters.statistics()));
  // Outside of training batch_norm itself uses the moving statistics.
  const Context training = folded.bench.context(), evaluation = apart.bench.context(nullptr, false);
  const Values ours = folded.gradient(training), theirs = apart.gradient(evaluation);
  CHECK(distance(ours, theirs) < 1e-9);
  CHECK(ours != theirs);  // rounded elsewhere: truly another way
  CHECK(folded.loss(training) == Approx(apart.loss(evaluation)).epsilon(1e-9));
  CHECK(read(Tensor::borrow(folded.parameters.statistics())) == before);
}

TEST_CASE("batch norm from the convolutions' sums learns what a pass over their output learns") {
  GradientSample passed(tiny_detector()), summed(tiny_detector());
  const Values theirs = passed.gradient(passed.bench.context()),
               ours = summed.gradient(with_summing_plans(summed.bench.context()));
  CHECK(distance(ours, theirs) < 1e-9);
  CHECK(ours != theirs);  // rounded elsewhere: truly another way
  CHECK(distance(read(Tensor::borrow(summed.parameters.statistics())),
                 read(Tensor::borrow(passed.parameters.statistics()))) < 1e-12);
}

#endif
