#include "tools/export/onnx_suppression.h"

#include <algorithm>

namespace onnx {
namespace {

void raw_outputs(Graph& g, const Candidates& in) {
  g.output(in.boxes, Type::f32, {"batch", in.anchors, int64_t(4)});
  g.output(in.scores, Type::f32, {"batch", in.anchors, in.classes});
}

// https://github.com/NVIDIA/TensorRT/tree/main/plugin/efficientNMSPlugin. Boxes may have y or x
// first, since the plugin only compares areas.
void tensor_rt_outputs(Graph& g, const kernels::NmsOptions& o, const Candidates& in) {
  const int64_t most = o.max_total;
  g.nodes({"num_detections", "detection_boxes", "detection_scores", "detection_classes"},
          {"EfficientNMS_TRT",
           {in.boxes, in.scores},
           {{"plugin_version", std::string("1")},
            {"score_threshold", float(o.score_threshold)},
            {"iou_threshold", float(o.iou_threshold)},
            {"max_output_boxes", most},
            {"background_class", int64_t(-1)},
            {"score_activation", int64_t(0)},
            {"class_agnostic", int64_t(0)},
            {"box_coding", int64_t(0)}},
           "nvidia.tensorrt"});
  g.output("num_detections", Type::i32, {"batch", int64_t(1)});
  g.output("detection_boxes", Type::f32, {"batch", most, int64_t(4)});
  g.output("detection_scores", Type::f32, {"batch", most});
  g.output("detection_classes", Type::i32, {"batch", most});
}

// Scores [batch, classes, anchors]. They are 0 where the suppression drops the box.
std::string kept_scores(Graph& g, const kernels::NmsOptions& o, const Candidates& in) {
  const std::string by_class = g.node(
      "scores_by_class", {"Transpose", {in.scores}, {{"perm", std::vector<int64_t>{0, 2, 1}}}});
  const std::string selected =
      g.node("selected", {"NonMaxSuppression",
                          {in.boxes, by_class, g.scalar("max_per_class", int64_t(o.max_per_class)),
                           g.scalar("iou_threshold", float(o.iou_threshold)),
                           g.scalar("score_threshold", float(o.score_threshold))}});
  const std::string shape = g.node("scores_shape", {"Shape", {by_class}});
  const std::string zeros = g.node("no_scores", {"ConstantOfShape", {shape}});
  const std::string values = g.node("selected_scores", {"GatherND", {by_class, selected}});
  return g.node("kept_scores", {"ScatterND", {zeros, selected, values}});
}

// [batch, 1, anchors]: 1 if the clipped box has an area, else 0.
std::string with_area(Graph& g, const std::string& clipped, const std::string& zero) {
  const auto corners = [&](const std::string& name, int64_t begin) {
    return g.node(name,
                  {"Slice",
                   {clipped, g.constant(name + "_begin", {begin}),
                    g.constant(name + "_end", {begin + 2}), g.constant(name + "_axis", {2})}});
  };
  const std::string high = corners("clipped_high", 2), low = corners("clipped_low", 0);
  const std::string sides = g.node("clipped_sides", {"Sub", {high, low}});
  const std::string axis = g.constant("side_axis", {2}), second = g.constant("second_side", {1});
  const std::string height =
      g.node("clipped_height", {"Slice", {sides, g.constant("first_side", {0}), second, axis}});
  const std::string width =
      g.node("clipped_width", {"Slice", {sides, second, g.constant("after_sides", {2}), axis}});
  const std::string smaller = g.node("smaller_side", {"Min", {height, width}});
  const std::string positive = g.node("has_area", {"Greater", {smaller, zero}});
  const std::string number =
      g.node("area_factor", {"Cast", {positive}, {{"to", int64_t(Type::f32)}}});
  return g.node("area_by_class",
                {"Transpose", {number}, {{"perm", std::vector<int64_t>{0, 2, 1}}}});
}

// Among equal scores, TopK takes the lower index first: that of the lower class, then that of the
// lower anchor.
void best_of_all_classes(Graph& g, int64_t most, const Candidates& in, const std::string& clipped,
                         const std::string& scores) {
  const std::string flat =
      g.node("scores_flat", {"Reshape", {scores, g.constant("flat_shape", {0, -1})}});
  g.nodes({"detection_scores", "best"},
          {"TopK", {flat, g.constant("most", {most})}, {{"axis", int64_t(1)}}});
  const std::string anchors = g.scalar("anchors", in.anchors);
  g.node("detection_classes", {"Div", {"best", anchors}});
  const std::string anchor = g.node("best_anchor", {"Mod", {"best", anchors}});
  const std::string rows =
      g.node("best_rows", {"Unsqueeze", {anchor, g.constant("last_axis", {int64_t(2)})}});
  const std::string corners =
      g.node("best_corners", {"Expand", {rows, g.constant("corners_shape", {1, 1, 4})}});
  g.node("detection_boxes", {"GatherElements", {clipped, corners}, {{"axis", int64_t(1)}}});
}

void onnx_outputs(Graph& g, const kernels::NmsOptions& o, const Candidates& in) {
  const int64_t most = std::min(int64_t(o.max_total), in.anchors * in.classes);
  const std::string zero = g.scalar("zero", 0.0f), one = g.scalar("one", 1.0f);
  const std::string clipped = g.node("clipped_boxes", {"Clip", {in.boxes, zero, one}});
  const std::string kept = kept_scores(g, o, in);
  const std::string scores = g.node("final_scores", {"Mul", {kept, with_area(g, clipped, zero)}});
  best_of_all_classes(g, most, in, clipped, scores);
  const std::string found = g.node("found", {"Greater", {"detection_scores", zero}});
  const std::string counted =
      g.node("found_number", {"Cast", {found}, {{"to", int64_t(Type::i64)}}});
  g.node(
      "num_detections",
      {"ReduceSum", {counted, g.constant("row_axis", {int64_t(1)})}, {{"keepdims", int64_t(0)}}});
  g.output("num_detections", Type::i64, {"batch"});
  g.output("detection_boxes", Type::f32, {"batch", most, int64_t(4)});
  g.output("detection_scores", Type::f32, {"batch", most});
  g.output("detection_classes", Type::i64, {"batch", most});
}

}  // namespace

void write_outputs(Graph& g, const ExportOptions& options, const Candidates& in) {
  switch (options.nms) {
    case Nms::none:
      return raw_outputs(g, in);
    case Nms::onnx:
      return onnx_outputs(g, options.suppression, in);
    case Nms::tensor_rt:
      return tensor_rt_outputs(g, options.suppression, in);
  }
}

}  // namespace onnx
