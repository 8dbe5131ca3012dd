#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "model/detector.h"
#include "tests/reference_cases/cases.h"
#include "tests/support/engine/op_case.h"

namespace reference {
namespace {

using tests::Bench, tests::Context, tests::DType, tests::Shape, tests::Tensor;

// A matrix as a one-channel activation, and back.
Tensor activation(const Context& c, const json& rows) {
  const int64_t height = int64_t(rows.size()), width = int64_t(rows.at(0).size());
  Tensor x = c.empty({4, {1, height, width, 1}}, DType::f32);
  tests::write(x, flat<double>(rows));
  return x;
}

json matrix(const Tensor& x) {
  const std::vector<double> values = tests::read(x);
  json rows = json::array();
  for (int64_t y = 0; y < x.shape()[1]; ++y) {
    auto first = values.begin() + y * x.shape()[2];
    rows.push_back(std::vector<double>(first, first + x.shape()[2]));
  }
  return {{"output", rows}};
}

json shape_of(const Tensor& x) {
  return std::vector<int64_t>(x.shape().dim, x.shape().dim + x.shape().rank);
}

Tensor random_activation(const Context& c, const std::vector<int64_t>& shape,
                         std::mt19937& random) {
  Tensor x = c.empty({4, {shape[0], shape[1], shape[2], shape[3]}}, DType::f32);
  tests::write(x, tests::uniform(random, size_t(x.shape().size()), -1, 1));
  return x;
}

json conv2d(const json& in) {
  Bench bench;
  Context c = bench.context(nullptr, false);
  Tensor x = activation(c, in.at("input"));
  const int64_t k = int64_t(in.at("kernel").size());
  Tensor kernel = c.empty({4, {1, k, k, 1}}, DType::f32);
  tests::write(kernel, flat<double>(in["kernel"]));
  engine::ConvOptions options{.stride = in.at("stride")};
  const std::string padding = in.at("padding");
  if (padding == "SAME")
    options.pad = model::same_padding(int(x.shape()[1]), int(x.shape()[2]), int(k), options.stride);
  else if (padding != "VALID")
    throw std::invalid_argument("unknown padding " + padding);
  return matrix(engine::conv(c, x, kernel, options));
}

json subsample(const json& in) {
  if (in.at("factor") != 2) throw std::invalid_argument("factor is not 2");
  Bench bench;
  Context c = bench.context(nullptr, false);
  return matrix(engine::max_pool(c, activation(c, in.at("input")), 1, 2, {}));  // as TF-slim does
}

json nearest_upsample(const json& in) {
  Bench bench;
  Context c = bench.context(nullptr, false);
  Tensor coarse = activation(c, in.at("input"));
  const int64_t height = in.at("height_scale"), width = in.at("width_scale");
  Tensor zeros =
      c.empty({4, {1, coarse.shape()[1] * height, coarse.shape()[2] * width, 1}}, DType::f32);
  tests::write(zeros, tests::Values(size_t(zeros.shape().size()), 0.0));
  return matrix(engine::upsample_add(c, coarse, zeros));
}

json fpn_top_down_shapes(const json& in) {
  Bench bench;
  engine::Parameters parameters(*bench.backend, engine::precision_named("fp32"));
  model::LayerBuilder build(parameters);
  std::vector<int> channels;
  for (const json& feature : in.at("features")) channels.push_back(feature.at(1).at(3));
  model::DetectorOptions options{.fpn_channels = in.at("depth"),
                                 .max_level = int(channels.size()) + 2};
  model::FeaturePyramid pyramid(build, options, channels);
  parameters.allocate(1, {}, false);

  Context c = bench.context(nullptr, false);
  std::mt19937 random(1);
  std::vector<Tensor> features;
  for (const json& feature : in["features"])
    features.push_back(random_activation(c, feature.at(1).get<std::vector<int64_t>>(), random));
  const std::vector<Tensor> levels = pyramid.forward(c, {.parameters = parameters}, features);
  json shapes;
  for (size_t i = 0; i < levels.size(); ++i)
    shapes["top_down_" + in["features"][i].at(0).get<std::string>()] = shape_of(levels[i]);
  return {{"shapes", shapes}};
}

// The pyramid of the whole detector, its channels as they are, for an input of any size.
json extractor_shapes(const json& in) {
  const int multiple = in.value("pad_to_multiple", 1);
  auto padded = [&](int side) { return (side + multiple - 1) / multiple * multiple; };
  const int height = padded(in.at("height")), width = padded(in.at("width"));
  Bench bench(size_t(1) << 30);
  engine::Parameters parameters(*bench.backend, engine::precision_named("fp32"));
  model::LayerBuilder build(parameters);
  model::DetectorOptions options{.height = height, .width = width, .units = {1, 1, 1, 1}};
  model::check(options);
  model::Backbone backbone(build, options);
  model::FeaturePyramid pyramid(build, options,
                                {backbone.channels(1), backbone.channels(2), backbone.channels(3)});
  parameters.allocate(1, {}, false);
  Context c = bench.context(nullptr, false);
  std::mt19937 random(1);
  Tensor images = random_activation(c, {in.at("batch"), height, width, 3}, random);
  const model::Network net{.parameters = parameters};
  json shapes = json::array();
  for (const Tensor& level : pyramid.forward(c, net, backbone.forward(c, net, images)))
    shapes.push_back(shape_of(level));
  return {{"shapes", shapes}};
}

json extractor_error(const json& in) {
  // The original's own rule, which is stricter than ours: its smallest maps need 129 pixels.
  constexpr int kLeastSide = 129;
  return {{"error", std::min(in.at("height").get<int>(), in.at("width").get<int>()) < kLeastSide}};
}

struct HeadSample {
  Bench bench;
  engine::Parameters parameters{*bench.backend, engine::precision_named("fp32")};
  model::LayerBuilder build{parameters};
  model::Heads heads;
  Context c = bench.context(nullptr, false);
  model::Predictions out;

  HeadSample(const model::DetectorOptions& options, const std::vector<std::vector<int64_t>>& shapes)
      : heads(build, options) {
    parameters.allocate(1, {}, false);
    std::mt19937 random(1);
    std::vector<Tensor> levels;
    for (const auto& shape : shapes) levels.push_back(random_activation(c, shape, random));
    out = heads.forward(c, {.parameters = parameters}, levels);
  }
};

json head_shapes(const json& in) {
  const auto shapes = in.at("feature_shapes").get<std::vector<std::vector<int64_t>>>();
  if (in.at("box_code_size") != 4) throw std::invalid_argument("box codes have 4 numbers");
  model::DetectorOptions options{
      .classes = in.at("num_classes"),
      .fpn_channels = int(shapes.at(0).at(3)),
      .head_channels = 32,
      .max_level = int(shapes.size()) + 2,
      .scales_per_octave = 1,
      .aspect_ratios = std::vector<double>(in.at("predictions_per_location"), 1.0)};
  const HeadSample sample(options, shapes);
  int64_t boxes = 0, classes = 0;
  for (const Tensor& codes : sample.out.box_codes) boxes += codes.shape().size() / shapes[0][0] / 4;
  for (const Tensor& logits : sample.out.class_logits)
    classes += logits.shape().size() / shapes[0][0] / options.columns();
  return {{"box_encodings", {shapes[0][0], boxes, 4}},
          {"class_predictions", {shapes[0][0], classes, options.columns()}}};
}

json mean_sigmoid_at_init(const json& in) {
  model::DetectorOptions options{.max_level = 3, .class_bias = in.at("class_prediction_bias_init")};
  const HeadSample sample(options, {{2, 10, 10, 256}});
  double sum = 0, count = 0;
  for (double logit : tests::read(sample.out.class_logits[0]))
    sum += 1 / (1 + std::exp(-logit)), ++count;
  return {{"mean_probability", sum / count}};
}

}  // namespace

Ops feature_map_ops() {
  return {
      {"conv2d", conv2d},
      {"subsample", subsample},
      {"nearest_upsample", nearest_upsample},
      {"fpn_top_down_shapes", fpn_top_down_shapes},
      {"extractor_shapes", extractor_shapes},
      {"extractor_error", extractor_error},
      {"head_shapes", head_shapes},
      {"mean_sigmoid_at_init", mean_sigmoid_at_init},
  };
}

}  // namespace reference
