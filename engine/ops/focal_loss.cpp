#include "kernels/focal_loss.h"

#include "engine/base/error.h"
#include "engine/operation.h"
#include "engine/ops.h"
#include "engine/ops/levels.h"

namespace engine {

Tensor focal_loss(const Context& c, const Tensors& logits, const FocalTargets& targets,
                  const FocalOptions& options) {
  Operation operation(c, "focal_loss");
  SSD_CHECK(targets.columns > 0 &&
                anchors_of(logits, targets.columns) == targets.classes.shape()[1] &&
                targets.classes.shape() == targets.weights.shape() &&
                targets.classes.shape()[0] == logits[0].shape()[0],
            "focal_loss: the targets are not those of the logits' anchors");
  const DType dtype = accumulator(logits[0].dtype());
  SSD_CHECK(targets.weights.dtype() == dtype && targets.classes.dtype() == DType::i32,
            "focal_loss: dtype of the targets");
  kernels::FocalLoss args{.logits = views_of(logits),
                          .classes = targets.classes,
                          .weights = targets.weights,
                          .columns = targets.columns,
                          .options = options};
  Tensor loss = c.empty({1, {args.images()}}, dtype);
  Tensor partial = c.empty({2, {args.images(), kernels::focal_loss_chunks(args)}}, dtype);
  kernels::focal_loss_forward(c.queue, args, partial, loss);
  if (c.tape)  // the captured tensors keep the memory that args points to
    c.tape->record(logits, loss,
                   [args, logits, targets](const Context& c, const Tensor& dloss) -> Tensors {
                     Tensors dlogits = like(c, logits);
                     kernels::focal_loss_backward(c.queue, args, dloss, views_of(dlogits));
                     return dlogits;
                   });
  return loss;
}

}  // namespace engine
