#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/activation.h"
#include "kernels/elementwise.h"

namespace engine {

Tensor relu6(const Context& c, const Tensor& x) {
  Operation operation(c, "relu6");
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::activate(c.queue, Activation::relu6, x, y);
  if (c.tape) record_activation(c, x, y, Activation::relu6);
  return y;
}

}  // namespace engine
