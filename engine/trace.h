// Is told of the operations of a forward pass, so that a program can write the network in another
// format.
#pragma once
#include "engine/ops.h"

namespace engine {

// An operation calls its function here after it has queued its work. Tensor::id() tells which input
// is the output of which earlier operation. An operation that has no function here is not traced;
// if a later one reads its output, the trace must refuse that input.
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
