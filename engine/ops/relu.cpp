#include "engine/ops.h"
#include "engine/ranges.h"
#include "kernels/elementwise.h"

namespace engine {

Tensor relu(const Context& c, const Tensor& x) {
  Range range("relu");
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::activate(c.queue, Activation::relu, x, y);
  if (c.tape)
    c.tape->record({x}, y, [y](const Context& c, const Tensor& dy) -> Tensors {
      Tensor dx = dy.unique() ? dy : c.empty(y.shape(), y.dtype());
      kernels::activate_backward(c.queue, Activation::relu, dy, y, dx);
      return {dx};
    });
  return y;
}

}  // namespace engine
