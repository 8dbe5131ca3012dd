#include "tests/support/engine/single_ops.h"

#include "engine/operation.h"
#include "engine/ops/activation.h"
#include "engine/ops/channel_gradients.h"
#include "kernels/bias.h"
#include "kernels/elementwise.h"

namespace tests {

using namespace engine;

namespace {

Tensor activated(const Context& c, const Tensor& x, Activation activation) {
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::activate(c.queue, activation, x, y);
  if (c.tape) record_activation(c, x, y, activation);
  return y;
}

}  // namespace

Tensor relu(const Context& c, const Tensor& x) {
  Operation operation(c, "relu");
  return activated(c, x, Activation::relu);
}

Tensor relu6(const Context& c, const Tensor& x) {
  Operation operation(c, "relu6");
  return activated(c, x, Activation::relu6);
}

Tensor bias(const Context& c, const Tensor& x, const Tensor& b) {
  Operation operation(c, "bias");
  Tensor y = c.empty(x.shape(), x.dtype());
  kernels::bias_residual(c.queue, {.x = x, .b = b, .residual = {}, .y = y});
  if (c.tape)
    c.tape->record(
        {x, b}, y,
        [](const Context& c, const OutputGrad& dy, std::vector<InputTarget>&) -> Tensors {
          return {dy.value, channel_gradients(c, dy, {}).dbeta};
        },
        {.kind = ChannelGrads::bias});
  return y;
}

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

}  // namespace tests
