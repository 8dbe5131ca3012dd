// Sees the operations of a forward pass, for a program that writes the network down in another
// format.
#pragma once
#include "engine/ops.h"

namespace engine {

// An operation calls its function after it has queued its work. Tensor::id() tells which output is
// which later input. Operations that have no function here must not run while a trace is set: a
// later operation then has an input that no earlier one made, which the trace must refuse.
class Trace {
 public:
  virtual ~Trace() = default;
  // y = activation(conv(x, weight) + bias + residual); bias and residual may be empty.
  virtual void conv(const Tensor& x, const Tensor& weight, const Tensor& bias,
                    const Tensor& residual, const ConvOptions&, const Tensor& y) = 0;
  virtual void max_pool(const Tensor& x, int kernel, int stride, Padding, const Tensor& y) = 0;
  // y = fine + coarse, each pixel of coarse repeated.
  virtual void upsample_add(const Tensor& coarse, const Tensor& fine, const Tensor& y) = 0;
};

}  // namespace engine
