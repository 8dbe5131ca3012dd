// What the operations that are built on a convolution share: shapes, plans, gradients. For
// engine/ops only.
#pragma once
#include "engine/ops.h"

namespace engine {

struct ConvOperands {
  const Tensor &x, &weight, &bias, &residual;  // bias and residual may be empty
};
// The forward pass of activation(conv(x, weight) + bias + residual). Throws Error(failed) if shapes
// or dtypes do not fit each other.
ConvShape conv_shape(const Context&, const ConvOperands&, const ConvOptions&);

// Runs a plan with a workspace from the arena, which is given back after the call.
void run_conv(const Context&, ConvPlan&, ConvArgs);

// What is saved for the gradients of conv + bias + residual. Tensors that no wanted gradient reads
// are empty.
struct ConvSaved {
  ConvShape forward;
  Tensor x, weight;     // x for dweight, weight for dx
  bool bias, residual;  // whether their gradients are wanted
};
struct ConvTargets {
  InputTarget &x, &weight;
};
struct ConvGradients {
  Tensor x, weight, bias, residual;
};
// Frees each saved tensor as soon as it is read.
ConvGradients conv_gradients(const Context&, ConvSaved&, const OutputGrad& dy, ConvTargets);

// Records `backward`, which returns the gradients of conv + bias + residual for `inputs`, and, as a
// step of its own, the activation whose output is y.
void record_conv(const Context&, const Tensors& inputs, const Tensor& y, const ConvSaved&,
                 Tape::FusedBackward backward);

}  // namespace engine
