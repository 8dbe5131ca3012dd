#include "kernels/focal_loss.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"

namespace engine {

Tensor focal_loss(const Context& c, const Tensor& logits, const FocalTargets& targets,
                  const FocalOptions& options) {
  Operation operation(c, "focal_loss");
  SSD_CHECK(targets.columns > 0 && logits.shape().rank >= 2 && logits.shape()[0] > 0 &&
                logits.shape().size() % (logits.shape()[0] * targets.columns) == 0,
            "focal_loss: the logits do not divide into columns");
  kernels::FocalLoss args{.logits = logits,
                          .classes = targets.classes,
                          .weights = targets.weights,
                          .first_anchor = targets.first_anchor,
                          .columns = targets.columns,
                          .options = options};
  SSD_CHECK(args.classes.shape == args.weights.shape && args.classes.shape[0] == args.images() &&
                args.first_anchor + args.anchors() <= args.classes.shape[1],
            "focal_loss: the targets do not cover the logits' anchors");
  DType dtype = accumulator(logits.dtype());
  SSD_CHECK(args.weights.dtype == dtype && args.classes.dtype == DType::i32,
            "focal_loss: dtype of the targets");
  Tensor loss = c.empty({1, {args.images()}}, dtype);
  Tensor partial = c.empty({2, {args.images(), kernels::focal_loss_chunks(args)}}, dtype);
  kernels::focal_loss_forward(c.queue, args, partial, loss);
  if (c.tape)  // the captured tensors keep the memory that args points to
    c.tape->record({logits}, loss,
                   [args, logits, targets](const Context& c, const Tensor& dloss) -> Tensors {
                     Tensor dlogits = c.empty(logits.shape(), logits.dtype());
                     kernels::focal_loss_backward(c.queue, args, dloss, dlogits);
                     return {dlogits};
                   });
  return loss;
}

}  // namespace engine
