#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "kernels/elementwise.h"

namespace engine {

Tensor add(const Context& c, const Tensor& a, const Tensor& b) {
  Operation operation(c, "add");
  SSD_CHECK(a.shape() == b.shape() && a.dtype() == b.dtype(), "add: operands differ");
  Tensor y = c.empty(a.shape(), a.dtype());
  kernels::add(c.queue, a, b, y);
  if (c.tape)
    c.tape->record({a, b}, y, [](const Context&, const Tensor& dy) -> Tensors { return {dy, dy}; });
  return y;
}

void add_into(const Context& c, const Tensor& sum, const Tensor& term) {
  Operation operation(c, "add_into");
  SSD_CHECK(sum.shape() == term.shape(), "add_into: shapes differ");
  kernels::add_into(c.queue, sum, term);
}

}  // namespace engine
