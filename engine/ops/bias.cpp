#include "kernels/bias.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/channel_gradients.h"
#include "kernels/column_chunks.h"

namespace engine {

Tensor bias(const Context& c, const Tensor& x, const Tensor& b) {
  Operation operation(c, "bias");
  SSD_CHECK(x.shape().rank >= 1, "bias: x has no channels");
  SSD_CHECK(b.shape() == (Shape{1, {kernels::channels_of(x.shape())}}) &&
                b.dtype() == accumulator(x.dtype()),
            "bias: expected [", kernels::channels_of(x.shape()), "] in the accumulator's dtype");
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::bias(c.queue, x, b, y);
  if (c.tape)
    c.tape->record(
        {x, b}, y,
        [](const Context& c, const OutputGrad& dy, std::vector<InputTarget>&) -> Tensors {
          return {dy.value, channel_gradients(c, dy, {}).dbeta};
        },
        {.kind = ChannelGrads::bias});
  return y;
}

}  // namespace engine
