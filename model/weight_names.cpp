#include "model/weight_names.h"

#include <initializer_list>
#include <map>
#include <set>
#include <vector>

namespace model {
namespace {

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end; (end = name.find('/', begin)) != std::string::npos; begin = end + 1)
    parts.push_back(name.substr(begin, end - begin));
  parts.push_back(name.substr(begin));
  return parts;
}

// The number after `prefix`, or -1 if `text` is something else.
int number_after(const std::string& text, const std::string& prefix) {
  if (!text.starts_with(prefix) || text.size() == prefix.size()) return -1;
  const std::string digits = text.substr(prefix.size());
  if (digits.size() > 4 || digits.find_first_not_of("0123456789") != std::string::npos) return -1;
  return std::stoi(digits);
}

std::string looked_up(const std::map<std::string, std::string>& table, const std::string& key) {
  auto found = table.find(key);
  return found == table.end() ? "" : found->second;
}

// backbone/conv1/kernel -> conv1.weight; backbone/block2/unit_1/shortcut/gamma ->
// layer2.0.downsample.1.weight.
std::string torchvision_name(const std::vector<std::string>& parts) {
  if (parts[0] != "backbone") return "";
  static const std::map<std::string, std::string> kBatchNorm{{"gamma", ".weight"},
                                                             {"beta", ".bias"},
                                                             {"moving_mean", ".running_mean"},
                                                             {"moving_variance", ".running_var"}};
  const std::string& what = parts.back();
  const bool kernel = what == "kernel";
  const std::string ending = kernel ? ".weight" : looked_up(kBatchNorm, what);
  if (ending.empty()) return "";
  if (parts.size() == 3) return parts[1] == "conv1" ? (kernel ? "conv1" : "bn1") + ending : "";
  if (parts.size() != 5) return "";
  const int block = number_after(parts[1], "block"), unit = number_after(parts[2], "unit_");
  const int conv = number_after(parts[3], "conv");
  if (block < 1 || unit < 1 || (conv < 1 && parts[3] != "shortcut")) return "";
  std::string layer = kernel ? "downsample.0" : "downsample.1";
  if (conv >= 1) layer = (kernel ? "conv" : "bn") + std::to_string(conv);
  return "layer" + std::to_string(block) + "." + std::to_string(unit - 1) + "." + layer + ending;
}

std::string tf_slim_ending(const std::string& what, const std::string& level) {
  if (what == "kernel") return "/weights";
  if (what == "bias") return "/biases";
  return "/BatchNorm" + level + "/" + what;
}

// heads/box_tower/conv_0/level_3/gamma ->
// WeightSharedConvolutionalBoxPredictor/BoxPredictionTower/conv2d_0/BatchNorm/feature_0/gamma.
std::string tf_slim_head_name(const std::vector<std::string>& parts) {
  static const std::map<std::string, std::string> kParts{{"box_tower", "BoxPredictionTower"},
                                                         {"class_tower", "ClassPredictionTower"},
                                                         {"box_predictor", "BoxPredictor"},
                                                         {"class_predictor", "ClassPredictor"}};
  const std::string part = parts.size() > 2 ? looked_up(kParts, parts[1]) : "";
  if (part.empty()) return "";
  const std::string scope = "WeightSharedConvolutionalBoxPredictor/" + part;
  if (parts.size() == 3) return scope + tf_slim_ending(parts[2], "");
  const int depth = number_after(parts[2], "conv_");
  if (depth < 0) return "";
  const std::string conv = scope + "/conv2d_" + std::to_string(depth);
  if (parts.size() == 4) return conv + tf_slim_ending(parts[3], "");
  const int level = number_after(parts[3], "level_");
  if (level < 3) return "";
  return conv + tf_slim_ending(parts[4], "/feature_" + std::to_string(level - 3));
}

// backbone/block1/unit_1/conv1/kernel -> resnet_v1_50/block1/unit_1/bottleneck_v1/conv1/weights.
std::string tf_slim_name(const std::vector<std::string>& parts) {
  if (parts[0] == "heads") return tf_slim_head_name(parts);
  const std::string scope = "resnet_v1_50/", ending = tf_slim_ending(parts.back(), "");
  if (parts.size() == 3 && parts[0] == "fpn") return scope + "fpn/" + parts[1] + ending;
  if (parts[0] != "backbone") return "";
  if (parts.size() == 3) return scope + parts[1] + ending;
  if (parts.size() != 5) return "";
  return scope + parts[1] + "/" + parts[2] + "/bottleneck_v1/" + parts[3] + ending;
}

std::string without(std::string name, std::initializer_list<const char*> prefixes) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string prefix : prefixes)
      if (name.starts_with(prefix)) name.erase(0, prefix.size()), again = true;
  }
  return name;
}

}  // namespace

const char* in_words(Naming naming) {
  switch (naming) {
    case Naming::ours:
      return "a checkpoint of this program";
    case Naming::torchvision:
      return "torchvision names";
    case Naming::tf_slim:
      return "TF-slim names";
  }
  return "";
}

std::string foreign_name(const std::string& ours, Naming naming) {
  if (naming == Naming::ours) return "model/" + ours;
  const std::vector<std::string> parts = parts_of(ours);
  return naming == Naming::torchvision ? torchvision_name(parts) : tf_slim_name(parts);
}

std::string stored_base(const std::string& name, Naming naming) {
  if (naming == Naming::torchvision)
    return without(name, {"state_dict.", "model_state_dict.", "module.", "model.", "backbone.",
                          "body.", "encoder."});
  return naming == Naming::tf_slim ? without(name, {"FeatureExtractor/"}) : name;
}

std::string state_kind(const std::string& name) {
  // Ours and PyTorch's, by their beginning; TensorFlow's counters; and its slots, by their end.
  static const std::set<std::string> kBeginnings{"optimizer", "ema", "optimizer_state_dict"},
      kCounters{"global_step", "beta1_power", "beta2_power", "current_loss_scale", "good_steps"},
      kSlots{"Momentum", "ExponentialMovingAverage", "Adam", "Adam_1", "RMSProp", "RMSProp_1",
             "Adagrad"};
  const size_t end = name.find_first_of("/.");
  if (end == std::string::npos) return kCounters.contains(name) ? name : "";
  const std::string first = name.substr(0, end), last = name.substr(name.rfind('/') + 1);
  return kBeginnings.contains(first) ? first : kSlots.contains(last) ? last : "";
}

std::array<int, 4> kernel_axes(Naming naming) {
  switch (naming) {
    case Naming::torchvision:  // [out, in, height, width]
      return {0, 2, 3, 1};
    case Naming::tf_slim:  // [height, width, in, out]
      return {3, 0, 1, 2};
    case Naming::ours:
      break;
  }
  return {0, 1, 2, 3};
}

}  // namespace model
