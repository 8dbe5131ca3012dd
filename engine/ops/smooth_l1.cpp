#include "kernels/smooth_l1.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"

namespace engine {

Tensor smooth_l1(const Context& c, const Tensor& prediction, const BoxTargets& targets,
                 double delta) {
  Operation operation(c, "smooth_l1");
  SSD_CHECK(prediction.shape().rank >= 2 && prediction.shape()[0] > 0 &&
                prediction.shape().size() % (prediction.shape()[0] * 4) == 0,
            "smooth_l1: the prediction does not divide into box codes");
  kernels::SmoothL1 args{.prediction = prediction,
                         .targets = targets.boxes,
                         .weights = targets.weights,
                         .first_anchor = targets.first_anchor,
                         .delta = delta};
  SSD_CHECK(args.targets.shape.size() == 4 * args.weights.shape.size() &&
                args.weights.shape[0] == args.images() &&
                args.first_anchor + args.anchors() <= args.weights.shape[1],
            "smooth_l1: the targets do not cover the prediction's anchors");
  DType dtype = accumulator(prediction.dtype());
  SSD_CHECK(args.targets.dtype == dtype && args.weights.dtype == dtype,
            "smooth_l1: dtype of the targets");
  Tensor loss = c.empty({1, {args.images()}}, dtype);
  Tensor partial = c.empty({2, {args.images(), kernels::smooth_l1_chunks(args)}}, dtype);
  kernels::smooth_l1_forward(c.queue, args, partial, loss);
  if (c.tape)  // the captured tensors keep the memory that args points to
    c.tape->record({prediction}, loss,
                   [args, prediction, targets](const Context& c, const Tensor& dloss) -> Tensors {
                     Tensor dprediction = c.empty(prediction.shape(), prediction.dtype());
                     kernels::smooth_l1_backward(c.queue, args, dloss, dprediction);
                     return {dprediction};
                   });
  return loss;
}

}  // namespace engine
