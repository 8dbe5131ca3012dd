#include "tests/support/engine/foreign_weights.h"

#include "engine/safetensors.h"

namespace tests {
namespace {

constexpr int kUnits[] = {2, 1, 1, 1};

void add_slim_norm(ForeignWeights& s, const std::string& scope, int channels) {
  for (const char* what : {"gamma", "beta", "moving_mean", "moving_variance"})
    s.add(scope + "/" + what, {channels});
}

}  // namespace

float foreign_value(const std::string& name, size_t element) {
  return float(std::hash<std::string>()(name + std::to_string(element)) % 4096) / 1024 + 0.125f;
}

std::vector<float> foreign_values(const std::string& name, const std::vector<int64_t>& shape) {
  size_t n = 1;
  for (int64_t d : shape) n *= size_t(d);
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = foreign_value(name, i);
  return values;
}

void ForeignWeights::add(const std::string& name, const std::vector<int64_t>& shape) {
  tensors[name] = {shape, draw(name, shape)};
}

const std::string& ForeignWeights::save() const {
  std::vector<engine::TensorToStore> list;
  for (const auto& [name, t] : tensors) list.push_back({name, t.first, "F32", t.second.data()});
  engine::write_safetensors(path, list, {});
  return path;
}

void add_torchvision(ForeignWeights& s, const std::string& prefix, int width,
                     const std::array<int, 4>& units) {
  auto conv = [&](const std::string& name, int out, int in, int k) {
    s.add(prefix + name + ".weight", {out, in, k, k});
  };
  auto norm = [&](const std::string& name, int channels) {
    for (const char* what : {"weight", "bias", "running_mean", "running_var"})
      s.add(prefix + name + "." + what, {channels});
  };
  conv("conv1", width, 3, 7), norm("bn1", width);
  int in = width;
  for (int block = 0; block < 4; ++block)
    for (int k = 0; k < units[size_t(block)]; ++k) {
      const int depth = width << block, out = 4 * depth;
      const std::string unit = "layer" + std::to_string(block + 1) + "." + std::to_string(k) + ".";
      conv(unit + "conv1", depth, in, 1), norm(unit + "bn1", depth);
      conv(unit + "conv2", depth, depth, 3), norm(unit + "bn2", depth);
      conv(unit + "conv3", out, depth, 1), norm(unit + "bn3", out);
      if (k == 0) conv(unit + "downsample.0", out, in, 1), norm(unit + "downsample.1", out);
      in = out;
    }
  s.add(prefix + "fc.weight", {10, in});
  s.add(prefix + "fc.bias", {10});
}

void add_slim_backbone(ForeignWeights& s, const std::string& prefix, int width) {
  auto conv = [&](const std::string& name, int k, int in, int out) {
    s.add(prefix + "resnet_v1_50/" + name + "/weights", {k, k, in, out});
    add_slim_norm(s, prefix + "resnet_v1_50/" + name + "/BatchNorm", out);
  };
  conv("conv1", 7, 3, width);
  int in = width;
  for (int block = 0; block < 4; ++block)
    for (int k = 0; k < kUnits[block]; ++k) {
      const int depth = width << block, out = 4 * depth;
      const std::string unit = "block" + std::to_string(block + 1) + "/unit_" +
                               std::to_string(k + 1) + "/bottleneck_v1/";
      if (k == 0) conv(unit + "shortcut", 1, in, out);
      conv(unit + "conv1", 1, in, depth);
      conv(unit + "conv2", 3, depth, depth);
      conv(unit + "conv3", 1, depth, out);
      in = out;
    }
}

void add_slim_detector(ForeignWeights& s, int columns) {
  add_slim_backbone(s, "FeatureExtractor/");
  const std::string fpn = "FeatureExtractor/resnet_v1_50/fpn/";
  const std::string heads = "WeightSharedConvolutionalBoxPredictor/";
  for (int k = 1; k <= 3; ++k) {
    s.add(fpn + "projection_" + std::to_string(k) + "/weights", {1, 1, 16 << k, 8});
    s.add(fpn + "projection_" + std::to_string(k) + "/biases", {8});
  }
  for (const char* name : {"smoothing_1", "smoothing_2", "bottom_up_block5", "bottom_up_block6"}) {
    s.add(fpn + name + "/weights", {3, 3, 8, 8});
    add_slim_norm(s, fpn + name + "/BatchNorm", 8);
  }
  for (const char* tower : {"BoxPredictionTower", "ClassPredictionTower"})
    for (int depth = 0; depth < 2; ++depth) {
      const std::string conv = heads + tower + "/conv2d_" + std::to_string(depth);
      s.add(conv + "/weights", {3, 3, 8, 8});
      for (int level = 0; level < 5; ++level)
        add_slim_norm(s, conv + "/BatchNorm/feature_" + std::to_string(level), 8);
    }
  s.add(heads + "BoxPredictor/weights", {3, 3, 8, 24});
  s.add(heads + "BoxPredictor/biases", {24});
  s.add(heads + "ClassPredictor/weights", {3, 3, 8, 6 * columns});
  s.add(heads + "ClassPredictor/biases", {6 * columns});
}

}  // namespace tests
