#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/activation.h"
#include "kernels/elementwise.h"

namespace engine {

Tensor relu(const Context& c, const Tensor& x) {
  Operation operation(c, "relu");
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::activate(c.queue, Activation::relu, x, y);
  if (c.tape) record_activation(c, x, y, Activation::relu);
  return y;
}

}  // namespace engine
