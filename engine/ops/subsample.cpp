#include "kernels/subsample.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"

namespace engine {

Tensor subsample(const Context& c, const Tensor& x) {
  Operation operation(c, "subsample");
  const Shape& in = x.shape();
  SSD_CHECK(in.rank == 4, "subsample: expected [images, height, width, channels]");
  Tensor y = c.empty({4, {in[0], (in[1] + 1) / 2, (in[2] + 1) / 2, in[3]}}, x.dtype());
  kernels::subsample(c.queue, x, y);
  if (c.tape)
    c.tape->record({x}, y, [in](const Context& c, const Tensor& dy) -> Tensors {
      Tensor dx = c.empty(in, dy.dtype());
      kernels::subsample_backward(c.queue, dy, dx);
      return {dx};
    });
  return y;
}

}  // namespace engine
