#include "kernels/max_pool.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/trace.h"

namespace engine {

Tensor max_pool(const Context& c, const Tensor& x, int kernel, int stride, Padding pad) {
  Operation operation(c, "max_pool");
  SSD_CHECK(x.shape().rank == 4, "max_pool: expected [images, height, width, channels]");
  SSD_CHECK(kernel >= 1 && kernel <= 15 && stride >= 1, "max_pool: kernel ", kernel, ", stride ",
            stride);
  auto [top, left, bottom, right] = pad;
  SSD_CHECK(
      std::min({top, left, bottom, right}) >= 0 && std::max({top, left, bottom, right}) < kernel,
      "max_pool: padding must be from 0 to below the kernel's ", kernel);
  int64_t height = x.shape()[1] + top + bottom - kernel,
          width = x.shape()[2] + left + right - kernel;
  SSD_CHECK(height >= 0 && width >= 0, "max_pool: the padded image is smaller than the kernel's ",
            kernel);
  Shape shape{4, {x.shape()[0], height / stride + 1, width / stride + 1, x.shape()[3]}};

  kernels::PoolWindow window{kernel, stride, top, left};
  Tensor y = c.empty(shape, x.dtype()), winner = c.empty(shape, DType::u8);
  kernels::max_pool(c.queue, window, x, y, winner);
  if (c.tape)
    c.tape->record({x}, y,
                   [winner, window, in = x.shape()](const Context& c, const Tensor& dy) -> Tensors {
                     Tensor dx = c.empty(in, dy.dtype());
                     kernels::max_pool_backward(c.queue, window, dy, winner, dx);
                     return {dx};
                   });
  if (c.trace) c.trace->max_pool(x, kernel, stride, pad, y);
  return y;
}

}  // namespace engine
