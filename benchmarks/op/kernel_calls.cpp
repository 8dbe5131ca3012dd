// Catches every call of a kernel that a step makes, for the OpMeter, without a trace in the engine:
// the linker's --wrap sends calls of kernels::f to the functions here, which call the real one.
// cmake/Benchmarks.cmake reads the symbols' names from this file; a signature that changed fails to
// link, and `nm build/cpu/libkernels.a` shows the new name.
#include <initializer_list>
#include <string>

#include "benchmarks/op/op_meter.h"
#include "engine/tensor.h"
#include "kernels/adamw.h"
#include "kernels/batch_norm.h"
#include "kernels/channel_grads.h"
#include "kernels/elementwise.h"
#include "kernels/flat_sum.h"
#include "kernels/focal_loss.h"
#include "kernels/fold_batch_norm.h"
#include "kernels/image.h"
#include "kernels/loss_report.h"
#include "kernels/match_anchors.h"
#include "kernels/max_pool.h"
#include "kernels/nms.h"
#include "kernels/sgd.h"
#include "kernels/smooth_l1.h"
#include "kernels/upsample.h"

namespace benchmarks {
namespace {

using kernels::Activation, kernels::Queue, kernels::Shape, kernels::View;

std::string text_of(const Shape& shape) {
  std::string text;
  for (int i = 0; i < shape.rank; ++i) text += (i ? "x" : "") + std::to_string(shape[i]);
  return text;
}

std::string note(Activation a, bool residual = false) {
  std::string text = a == Activation::relu ? " relu" : a == Activation::relu6 ? " relu6" : "";
  return text + (residual ? " residual" : "");
}

// Named after the first view. Views that are empty cost nothing, those read and written come twice.
Op op(const char* name, std::initializer_list<View> touched, const std::string& note = "") {
  Op op{.name = name, .detail = text_of(touched.begin()->shape) + note};
  for (const View& v : touched)
    if (v) op.bytes += double(engine::bytes_of(v));
  return op;
}

void add_bytes(Op& op, const std::vector<View>& levels) {
  for (const View& level : levels) op.bytes += double(engine::bytes_of(level));
}

// A loss of all feature maps and its gradient are named after the largest map.
Op loss_op(const char* name, const std::vector<View>& levels, View targets, View weights,
           View loss) {
  Op loss_op = op(name, {levels[0], targets, weights, loss});
  add_bytes(loss_op, {levels.begin() + 1, levels.end()});
  return loss_op;
}

Op loss_backward_op(const char* name, const std::vector<View>& levels, View targets, View weights,
                    View dloss, const std::vector<View>& gradients) {
  Op backward = loss_op(name, levels, targets, weights, dloss);
  add_bytes(backward, gradients);
  return backward;
}

Op detect_op(const kernels::Predictions& p, const kernels::Detections& d) {
  Op detect = op("detect", {p.anchors, d.boxes, d.scores, d.classes, d.anchors, d.counts});
  for (const auto& level : p.levels)
    detect.bytes += double(engine::bytes_of(level.logits) + engine::bytes_of(level.codes));
  return detect;
}

}  // namespace

// kernels::name, whose symbol is _ZN7kernels + `symbol`; its parameters, of which q is the queue;
// the arguments to hand on; and the Op that it is.
#define CATCH(name, symbol, parameters, arguments, op)                \
  void real_##name parameters __asm__("__real__ZN7kernels" symbol);   \
  void caught_##name parameters __asm__("__wrap__ZN7kernels" symbol); \
  void caught_##name parameters {                                     \
    auto describe = [&] { return op; };                               \
    auto run = [&] { real_##name arguments; };                        \
    OpMeter::instance().measure(q, describe, run);                    \
  }

CATCH(add, "3addENS_5QueueENS_4ViewES1_S1_", (Queue q, View a, View b, View y), (q, a, b, y),
      op("add", {a, b, y}))
CATCH(add_into, "8add_intoENS_5QueueENS_4ViewES1_", (Queue q, View sum, View term), (q, sum, term),
      op("add_into", {sum, sum, term}))
CATCH(cast, "4castENS_5QueueENS_4ViewES1_", (Queue q, View x, View y), (q, x, y),
      op("cast", {x, y}))
CATCH(fill, "4fillENS_5QueueENS_4ViewEd", (Queue q, View y, double value), (q, y, value),
      op("fill", {y}))
CATCH(activate, "8activateENS_5QueueENS_10ActivationENS_4ViewES2_",
      (Queue q, Activation f, View x, View y), (q, f, x, y), op("activate", {x, y}, note(f)))
CATCH(activate_backward, "17activate_backwardENS_5QueueENS_10ActivationENS_4ViewES2_S2_",
      (Queue q, Activation f, View dy, View y, View dx), (q, f, dy, y, dx),
      op("activate_backward", {dy, y, dx}, note(f)))
CATCH(channel_grads, "13channel_gradsENS_5QueueERKNS_16ChannelGradsArgsE",
      (Queue q, const kernels::ChannelGradsArgs& a), (q, a),
      op("channel_grads", {a.g, a.saved ? a.g : View{}, a.saved, a.x}, note(a.mask)))
CATCH(flat_sum, "8flat_sumENS_5QueueERKNS_7FlatSumENS_4ViewE",
      (Queue q, const kernels::FlatSum& a, View y), (q, a, y), op("flat_sum", {a.x, y}))

CATCH(
    batch_norm_batch_moments,
    "24batch_norm_batch_momentsENS_5QueueENS_4ViewENS_16BatchNormMomentsENS_15BatchNormMovingEdS1_",
    (Queue q, View x, kernels::BatchNormMoments m, kernels::BatchNormMoving moving, double epsilon,
     View scratch),
    (q, x, m, moving, epsilon, scratch), op("batch_norm_batch_moments", {x, m.mean, m.inv_std}))
CATCH(batch_norm_moments_of_sums,
      "26batch_norm_moments_of_sumsENS_5QueueERKNS_13BatchNormSumsENS_16BatchNormMomentsENS_"
      "15BatchNormMovingEd",
      (Queue q, const kernels::BatchNormSums& s, kernels::BatchNormMoments m,
       kernels::BatchNormMoving moving, double epsilon),
      (q, s, m, moving, epsilon),
      op("batch_norm_moments_of_sums", {s.sum, s.sum_of_squares, m.mean, m.inv_std}))
CATCH(batch_norm, "10batch_normENS_5QueueERKNS_16BatchNormForwardE",
      (Queue q, const kernels::BatchNormForward& a), (q, a),
      op("batch_norm", {a.x, a.residual, a.y}, note(a.activation, bool(a.residual))))
CATCH(batch_norm_backward, "19batch_norm_backwardENS_5QueueERKNS_17BatchNormBackwardE",
      (Queue q, const kernels::BatchNormBackward& a), (q, a),
      op("batch_norm_backward",
         {a.g, a.batch_statistics || a.mask != Activation::none ? a.x : View{}, a.dx},
         note(a.mask)))
CATCH(fold_batch_norm, "15fold_batch_normENS_5QueueERKNS_17FoldBatchNormArgsE",
      (Queue q, const kernels::FoldBatchNormArgs& a), (q, a),
      op("fold_batch_norm", {a.weight, a.folded_weight}))
CATCH(fold_batch_norm_backward,
      "24fold_batch_norm_backwardENS_5QueueERKNS_25FoldBatchNormBackwardArgsE",
      (Queue q, const kernels::FoldBatchNormBackwardArgs& a), (q, a),
      op("fold_batch_norm_backward", {a.weight, a.dweight, a.dweight}))

CATCH(max_pool, "8max_poolENS_5QueueENS_10PoolWindowENS_4ViewES2_S2_",
      (Queue q, kernels::PoolWindow w, View x, View y, View winner), (q, w, x, y, winner),
      op("max_pool", {x, y, winner}))
CATCH(max_pool_backward, "17max_pool_backwardENS_5QueueENS_10PoolWindowENS_4ViewES2_S2_",
      (Queue q, kernels::PoolWindow w, View dy, View winner, View dx), (q, w, dy, winner, dx),
      op("max_pool_backward", {dy, winner, dx}))
CATCH(upsample_add, "12upsample_addENS_5QueueENS_4ViewES1_S1_",
      (Queue q, View coarse, View fine, View y), (q, coarse, fine, y),
      op("upsample_add", {y, coarse, fine}))
CATCH(upsample_backward, "17upsample_backwardENS_5QueueENS_4ViewES1_",
      (Queue q, View dy, View dcoarse), (q, dy, dcoarse), op("upsample_backward", {dy, dcoarse}))

CATCH(focal_loss_forward, "18focal_loss_forwardENS_5QueueERKNS_9FocalLossENS_4ViewES4_",
      (Queue q, const kernels::FocalLoss& a, View partial, View loss), (q, a, partial, loss),
      loss_op("focal_loss", a.logits, a.classes, a.weights, loss))
CATCH(focal_loss_backward,
      "19focal_loss_backwardENS_5QueueERKNS_9FocalLossENS_4ViewERKSt6vectorIS4_SaIS4_EE",
      (Queue q, const kernels::FocalLoss& a, View dloss, const std::vector<View>& dlogits),
      (q, a, dloss, dlogits),
      loss_backward_op("focal_loss_backward", a.logits, a.classes, a.weights, dloss, dlogits))
CATCH(smooth_l1_forward, "17smooth_l1_forwardENS_5QueueERKNS_8SmoothL1ENS_4ViewES4_",
      (Queue q, const kernels::SmoothL1& a, View partial, View loss), (q, a, partial, loss),
      loss_op("smooth_l1", a.prediction, a.targets, a.weights, loss))
CATCH(smooth_l1_backward,
      "18smooth_l1_backwardENS_5QueueERKNS_8SmoothL1ENS_4ViewERKSt6vectorIS4_SaIS4_EE",
      (Queue q, const kernels::SmoothL1& a, View dloss, const std::vector<View>& dx),
      (q, a, dloss, dx),
      loss_backward_op("smooth_l1_backward", a.prediction, a.targets, a.weights, dloss, dx))
CATCH(loss_seeds, "10loss_seedsENS_5QueueENS_4ViewEPKNS_14OptimizerStateEdS1_",
      (Queue q, View n, const kernels::OptimizerState* state, double weight, View seeds),
      (q, n, state, weight, seeds), op("loss_seeds", {n, seeds}))
CATCH(loss_report, "11loss_reportENS_5QueueERKNS_10LossReportENS_4ViewE",
      (Queue q, const kernels::LossReport& a, View report), (q, a, report),
      op("loss_report", {report}))

// RandomBatch's pictures have the network's size: a byte is read for every value written.
CATCH(normalise_images,
      "16normalise_imagesENS_5QueueENS_4ViewES1_PKNS_11StagedImageERKNS_14ChannelScalingES1_",
      (Queue q, View pixels, View cache, const kernels::StagedImage* staged,
       const kernels::ChannelScaling& scaling, View out),
      (q, pixels, cache, staged, scaling, out),
      op("normalise_images", {out, View{pixels.data, engine::DType::u8, out.shape}}))
CATCH(match_anchors,
      "13match_anchorsENS_5QueueERKNS_11GroundTruthENS_4ViewERKNS_12MatchOptionsERKNS_7MatchesE",
      (Queue q, const kernels::GroundTruth& t, View anchors, const kernels::MatchOptions& options,
       const kernels::Matches& m),
      (q, t, anchors, options, m),
      op("match_anchors", {anchors, t.boxes, t.labels, t.weights, m.rows}))
CATCH(assign_targets,
      "14assign_targetsENS_5QueueERKNS_11GroundTruthENS_4ViewES4_NS_10CodeScalesERKNS_"
      "13AnchorTargetsE",
      (Queue q, const kernels::GroundTruth& t, View anchors, View matches,
       kernels::CodeScales scales, const kernels::AnchorTargets& a),
      (q, t, anchors, matches, scales, a),
      op("assign_targets", {anchors, matches, t.boxes, t.labels, t.weights, a.classes,
                            a.class_weights, a.boxes, a.box_weights}))
CATCH(sgd, "3sgdENS_5QueueERKNS_13UpdateBuffersENS_4ViewERKNS_13UpdateOptionsERKNS_10SgdOptionsE",
      (Queue q, const kernels::UpdateBuffers& b, View momentum, const kernels::UpdateOptions& o,
       const kernels::SgdOptions& rule),
      (q, b, momentum, o, rule),
      op("sgd",
         {b.weight, b.weight, b.gradient, momentum, momentum, b.working, b.average, b.average}))
CATCH(adamw,
      "5adamwENS_5QueueERKNS_13UpdateBuffersENS_4ViewES4_RKNS_13UpdateOptionsERKNS_12AdamWOptionsE",
      (Queue q, const kernels::UpdateBuffers& b, View first, View second,
       const kernels::UpdateOptions& o, const kernels::AdamWOptions& rule),
      (q, b, first, second, o, rule),
      op("adamw", {b.weight, b.weight, b.gradient, first, first, second, second, b.working,
                   b.average, b.average}))
CATCH(detect, "6detectENS_5QueueERKNS_11PredictionsERKNS_10NmsOptionsENS_4ViewERKNS_10DetectionsE",
      (Queue q, const kernels::Predictions& p, const kernels::NmsOptions& options, View workspace,
       const kernels::Detections& d),
      (q, p, options, workspace, d), detect_op(p, d))

}  // namespace benchmarks
