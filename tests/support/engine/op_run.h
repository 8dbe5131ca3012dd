// One operation on one device in one dtype: its inputs, its value, its gradients.
#pragma once
#include "tests/support/engine/op_case.h"

namespace tests {

// What gradients are compared with, on the CPU; kernels compiled by nvcc have no f64.
#ifdef SSD_CUDA_BUILD
constexpr DType kTruth = DType::f32;
#else
constexpr DType kTruth = DType::f64;
#endif

struct OpRun {
  const OpCase& op;
  Bench& bench;
  DType dtype;
  std::mt19937 random{1};
  std::vector<Tensor> in, grads;
  std::vector<Values> values;  // of the inputs, as the dtype holds them

  // Draws them, or takes given values.
  void make_inputs(const std::vector<Values>* given = nullptr);
  bool differentiable() const;
  void watch(engine::Tape&) const;
  // Fills `grads` from the gradient of the output; returns that as the dtype holds it.
  Values backward(engine::Tape&, const Tensor& y, const Values& from);
};

}  // namespace tests
