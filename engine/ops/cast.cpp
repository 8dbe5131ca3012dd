#include "engine/operation.h"
#include "engine/ops.h"
#include "kernels/elementwise.h"

namespace engine {

Tensor cast(const Context& c, const Tensor& x, DType to) {
  if (x.dtype() == to) return x;
  Operation operation(c, "cast");
  Tensor y = c.empty(x.shape(), to);
  kernels::cast(c.queue, x, y);
  if (c.tape)
    c.tape->record({x}, y, [from = x.dtype()](const Context& c, const Tensor& dy) -> Tensors {
      return {cast(c, dy, from)};
    });
  return y;
}

}  // namespace engine
