#include "kernels/smooth_l1.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/levels.h"

namespace engine {

Tensor smooth_l1(const Context& c, const Tensors& prediction, const BoxTargets& targets,
                 double delta) {
  Operation operation(c, "smooth_l1");
  SSD_CHECK(anchors_of(prediction, 4) == targets.weights.shape()[1] &&
                targets.boxes.shape().size() == 4 * targets.weights.shape().size() &&
                targets.weights.shape()[0] == prediction[0].shape()[0],
            "smooth_l1: the targets are not those of the prediction's anchors");
  const DType dtype = accumulator(prediction[0].dtype());
  SSD_CHECK(targets.boxes.dtype() == dtype && targets.weights.dtype() == dtype,
            "smooth_l1: dtype of the targets");
  kernels::SmoothL1 args{.prediction = views_of(prediction),
                         .targets = targets.boxes,
                         .weights = targets.weights,
                         .delta = delta};
  Tensor loss = c.empty({1, {args.images()}}, dtype);
  Tensor partial = c.empty({2, {args.images(), kernels::smooth_l1_chunks(args)}}, dtype);
  kernels::smooth_l1_forward(c.queue, args, partial, loss);
  if (c.tape)  // the captured tensors keep the memory that args points to
    c.tape->record(prediction, loss,
                   [args, prediction, targets](const Context& c, const Tensor& dloss) -> Tensors {
                     Tensors dprediction = like(c, prediction);
                     kernels::smooth_l1_backward(c.queue, args, dloss, views_of(dprediction));
                     return dprediction;
                   });
  return loss;
}

}  // namespace engine
