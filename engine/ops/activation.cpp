#include "engine/ops/activation.h"

#include "engine/ops/channel_gradients.h"
#include "kernels/elementwise.h"

namespace engine {

void record_activation(const Context& c, const Tensor& x, const Tensor& y, Activation activation) {
  if (activation == Activation::none) return;
  c.tape->record_activation(
      x, y, activation,
      [activation, y](const Context& c, const OutputGrad& dy,
                      std::vector<InputTarget>& targets) -> Tensors {
        InputTarget& target = targets[0];
        if (target.wanted.kind == ChannelGrads::none || target.sum || !dy.value.unique()) {
          Tensor dx = dy.value.unique() ? dy.value : c.empty(dy.value.shape(), dy.value.dtype());
          kernels::activate_backward(c.queue, activation, dy.value, y, dx);
          return {dx};
        }
        auto [dbeta, dgamma] =
            masked_channel_gradients(c, dy.value, {activation, y}, target.wanted);
        target.fused = true;
        target.dbeta = dbeta;
        target.dgamma = dgamma;
        return {dy.value};
      });
}

}  // namespace engine
