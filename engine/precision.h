// The dtypes that a run computes with, chosen once by name. Operations follow the dtypes of their
// inputs.
#pragma once
#include <string>
#include <vector>

#include "engine/conv/shape.h"

namespace engine {

struct Precision {
  DType activations = DType::f32;
  DType weights = DType::f32;  // working copies of the convolution kernels
  DType master = DType::f32;   // parameters as the optimiser keeps them, gradients, statistics
  bool exact_f32 = true;       // f32 convolutions of full precision, not TF32
  bool scale_loss = false;     // dynamic loss scaling
  // When a GPU may round the gradients of kernels to a half type. They are always added up in the
  // master's dtype.
  Narrowing narrowing = Narrowing::if_needed;
};

// "fp32", "tf32", "bf16" and "fp16", in this order.
std::vector<std::string> precision_names();
// One of these, or "f64", which only CPU builds have, for checks. Throws Error(usage) for other
// names.
Precision precision_named(const std::string& name);

// "auto", "exact" and "half": when the gradients of kernels may be rounded. "auto" keeps what the
// precision has.
std::vector<std::string> weight_gradient_names();
Precision with_weight_gradients(Precision precision, const std::string& name);

}  // namespace engine
