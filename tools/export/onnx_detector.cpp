#include "tools/export/onnx_detector.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "tools/export/onnx_network.h"
#include "tools/export/onnx_suppression.h"
#include "tools/run/run_options.h"

namespace onnx {
namespace {

using engine::Tensor, engine::View;

// Makes the network's input of `images` u8 [batch, height, width, 3]. The sampling is TensorFlow
// 1's (kernels/image.h): bilinear, and the position of a pixel is that of its corner.
std::string preprocessed(Graph& g, const model::DetectorOptions& o,
                         const kernels::ChannelScaling& scaling) {
  g.input("images", Type::u8, {"batch", "height", "width", int64_t(3)});
  const std::string pixels = g.node("pixels", {"Cast", {"images"}, {{"to", int64_t(Type::f32)}}});
  const std::string planes =
      g.node("planes", {"Transpose", {pixels}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}}});
  const std::string shape = g.node("planes_shape", {"Shape", {planes}});
  const std::string batch =
      g.node("batch_size", {"Gather", {shape, g.constant("first_axis", {int64_t(0)})}});
  const std::string size = g.node(
      "input_shape", {"Concat",
                      {batch, g.constant("input_size", {3, int64_t(o.height), int64_t(o.width)})},
                      {{"axis", int64_t(0)}}});
  const std::string resized =
      g.node("resized", {"Resize",
                         {planes, "", "", size},
                         {{"mode", std::string("linear")},
                          {"coordinate_transformation_mode", std::string("asymmetric")}}});
  const std::string centred = g.node(
      "centred", {"Sub", {resized, g.constant("mean", std::span(scaling.mean), {1, 3, 1, 1})}});
  return g.node(
      "network_input",
      {"Div", {centred, g.constant("deviation", std::span(scaling.deviation), {1, 3, 1, 1})}});
}

// Joins the maps of all levels to [batch, anchors, width]: a row of `width` values per anchor.
std::string rows_of(Graph& g, const NetworkTrace& trace, const std::vector<Tensor>& levels,
                    int64_t width, const std::string& name) {
  const std::string shape = g.constant(name + "_shape", {0, -1, width});
  std::vector<std::string> parts;
  for (size_t level = 0; level < levels.size(); ++level) {
    const std::string part = name + "_level_" + std::to_string(level);
    const std::string last =
        g.node(part + "_pixels", {"Transpose",
                                  {trace.value_of(levels[level])},
                                  {{"perm", std::vector<int64_t>{0, 2, 3, 1}}}});
    parts.push_back(g.node(part, {"Reshape", {last, shape}}));
  }
  return g.node(name, {"Concat", parts, {{"axis", int64_t(1)}}});
}

std::string slice(Graph& g, const std::string& name, const std::string& of, int64_t begin,
                  int64_t end) {
  return g.node(name, {"Slice",
                       {of, g.constant(name + "_begin", {begin}), g.constant(name + "_end", {end}),
                        g.constant(name + "_axis", {int64_t(-1)})}});
}

// Turns box codes and anchors into corners, as kernels::decode does.
std::string decoded(Graph& g, const std::string& codes, const model::Anchors& anchors) {
  std::vector<float> centres, sides;
  const float* box = anchors.boxes().as<float>();
  for (int64_t i = 0; i < anchors.count(); ++i, box += 4) {
    const auto a = kernels::center_size(kernels::load_box(box));
    centres.insert(centres.end(), {a.y, a.x});
    sides.insert(sides.end(), {a.height, a.width});
  }
  const kernels::CodeScales scales;
  const float by_centre[2] = {scales.y, scales.x}, by_side[2] = {scales.height, scales.width};
  const std::vector<int64_t> shape{1, anchors.count(), 2};
  // Half precision would move the boxes of large images by a pixel.
  const std::string anchor_centres = g.exact_constant("anchor_centres", centres, shape);
  const std::string anchor_sides = g.exact_constant("anchor_sides", sides, shape);

  const auto scaled = [&](const std::string& name, int64_t begin, std::span<const float> by) {
    const std::string code = slice(g, name + "_code", codes, begin, begin + 2);
    return g.node(name, {"Div", {code, g.constant(name + "_scale", by, {2})}});
  };
  const std::string growth = g.node("growth", {"Exp", {scaled("log_growth", 2, by_side)}});
  const std::string box_sides = g.node("box_sides", {"Mul", {growth, anchor_sides}});
  const std::string shift =
      g.node("shift", {"Mul", {scaled("relative_shift", 0, by_centre), anchor_sides}});
  const std::string box_centres = g.node("box_centres", {"Add", {shift, anchor_centres}});
  const std::string half = g.node("half_sides", {"Div", {box_sides, g.scalar("two", 2.0f)}});
  const std::string low = g.node("low_corners", {"Sub", {box_centres, half}});
  const std::string high = g.node("high_corners", {"Add", {box_centres, half}});
  return g.node("boxes", {"Concat", {low, high}, {{"axis", int64_t(-1)}}});
}

std::map<std::string, std::string> metadata(run::LoadedModel& model, int64_t anchors) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (int column = 1; column <= model.classes().classes(); ++column) {
    nlohmann::ordered_json entry{{"index", column - 1}, {"name", model.classes().name_of(column)}};
    for (const run::ModelClass& known : model.classes().list())
      if (known.column == column) entry["id"] = known.id;
    classes.push_back(entry);
  }
  const config::RunConfig& config = model.config();
  const model::DetectorOptions& o = config.model.options;
  return {{"classes", classes.dump()},
          {"input_size", nlohmann::json{o.height, o.width}.dump()},
          {"mean", nlohmann::json(config.data.mean).dump()},
          {"deviation", nlohmann::json(config.data.std).dump()},
          {"anchors", std::to_string(anchors)},
          {"box_format", "ymin, xmin, ymax, xmax in fractions of the image's sides"}};
}

}  // namespace

std::string detector_file(run::LoadedModel& loaded, const ExportOptions& options) {
  const config::RunConfig& config = loaded.config();
  const model::DetectorOptions& o = config.model.options;
  run::Device device("cpu", 0, 0);  // the model's own has memory for detection alone
  const model::Detector& detector = loaded.detector();
  const model::Anchors anchors(device.backend(), o);
  const std::unique_ptr<model::FoldedWeights> folded = detector.fold(device.backend());

  Graph g(options.opset, options.half_weights);
  NetworkTrace trace(g);
  engine::Context c = device.context(detector.parameters().precision(), nullptr, false);
  c.trace = &trace;
  const Tensor images = c.empty({4, {1, o.height, o.width, 3}}, engine::DType::f32);
  std::memset(View(images).data, 0, engine::bytes_of(images));
  trace.bind(images, preprocessed(g, o, run::channel_scaling(config.data)));
  const model::Predictions out = detector.forward(c, images, folded.get());

  const std::string logits = rows_of(g, trace, out.class_logits, o.columns(), "logits");
  const std::string codes = rows_of(g, trace, out.box_codes, 4, "codes");
  const std::string boxes = decoded(g, codes, anchors);
  const std::string scores =
      g.node("scores", {"Sigmoid", {slice(g, "class_logits", logits, 1, o.columns())}});
  write_outputs(g, options, {boxes, scores, anchors.count(), o.classes});
  return g.model("detector", metadata(loaded, anchors.count()));
}

}  // namespace onnx
