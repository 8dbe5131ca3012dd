// What the operations built on a convolution share: shapes, plans, gradients. For engine/ops only.
#pragma once
#include "engine/ops.h"

namespace engine {

// The forward pass of conv(x, weight) with these options and fusions; fails where they do not fit.
struct ConvOperands {
  const Tensor &x, &weight, &bias, &residual;  // bias and residual may be empty
};
ConvShape conv_shape(const Context&, const ConvOperands&, const ConvOptions&);

// Runs a plan with a workspace that lives as long as the call.
void run_conv(const Context&, ConvPlan&, ConvArgs);

// What the gradients of conv + bias + residual need; tensors that no wanted gradient reads are
// empty.
struct ConvSaved {
  ConvShape forward;
  Tensor x, weight;     // for dweight, for dx
  bool bias, residual;  // whether their gradients are wanted
};
struct ConvTargets {
  InputTarget &x, &weight;
};
struct ConvGradients {
  Tensor x, weight, bias, residual;
};
// Consumes what was saved, each tensor as soon as it is read.
ConvGradients conv_gradients(const Context&, ConvSaved&, const OutputGrad& dy, ConvTargets);

// Records `backward`, the gradients of conv + bias + residual to `inputs`, and, as a step of its
// own, the activation that made y.
void record_conv(const Context&, const Tensors& inputs, const Tensor& y, const ConvSaved&,
                 Tape::FusedBackward backward);

}  // namespace engine
