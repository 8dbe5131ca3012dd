#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/trace.h"
#include "kernels/upsample.h"

namespace engine {

Tensor upsample_add(const Context& c, const Tensor& coarse, const Tensor& fine) {
  Operation operation(c, "upsample_add");
  const Shape &half = coarse.shape(), &full = fine.shape();
  SSD_CHECK(half.rank == 4 && full.rank == 4 && coarse.dtype() == fine.dtype(),
            "upsample_add: expected two activations of one dtype");
  const bool fits = half[0] == full[0] && half[3] == full[3] && half[1] > 0 && half[2] > 0 &&
                    full[1] % half[1] == 0 && full[2] % half[2] == 0;
  SSD_CHECK(fits || full.size() == 0, "upsample_add: ", full[1], "x", full[2],
            " is no multiple of ", half[1], "x", half[2]);
  Tensor y = c.empty(full, fine.dtype());
  kernels::upsample_add(c.queue, coarse, fine, y);
  if (c.tape)
    c.tape->record({coarse, fine}, y, [half](const Context& c, const Tensor& dy) -> Tensors {
      Tensor dcoarse = c.empty(half, dy.dtype());
      kernels::upsample_backward(c.queue, dy, dcoarse);
      return {dcoarse, dy};
    });
  if (c.trace) c.trace->upsample_add(coarse, fine, y);
  return y;
}

}  // namespace engine
