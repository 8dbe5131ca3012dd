#include "tools/options/likely_option.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "tools/config/run_config.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What other programs call an option or a key of ours. Of several, the first that the program has
// is meant.
const std::multimap<std::string, const char*> kOtherNames{
    {"--annotation", "--annotations"},
    {"--batch", "train.batch_size"},
    {"--cfg", "--config"},
    {"--ckpt", "--checkpoint"},
    {"--conf", "--score-threshold"},
    {"--conf-thres", "--score-threshold"},
    {"--confidence", "--score-threshold"},
    {"--cuda", "--device cuda"},
    {"--gpu", "--device cuda"},
    {"--img-size", "model.input_height"},
    {"--imgsz", "model.input_height"},
    {"--iou-thres", "--iou"},
    {"--learning-rate", "train.schedule.base_rate"},
    {"--lr", "train.schedule.base_rate"},
    {"--max-det", "--max"},
    {"--model", "--checkpoint"},
    {"--nms", "--iou"},
    {"--optimizer", "train.optimizer.kind"},
    {"--pretrained", "--init-from"},
    {"--project", "--output-dir"},
    {"--save-dir", "--output-dir"},
    {"--save-dir", "--output"},
    {"--threshold", "--score-threshold"},
    {"--weights", "--checkpoint"},
    {"--weights", "--init-from"},
    {"--workers", "data.threads"},
};
constexpr const char* kImageOptions[] = {"--source", "--input", "--image", "--images", "--img"};

// The key that an option spells: as its whole path, or as the last part of it.
std::string key_of(std::string word) {
  word.erase(0, word.find_first_not_of('-'));
  std::replace(word.begin(), word.end(), '-', '_');
  config::RunConfig defaults;
  const config::ConfigTable table = config::run_config_table(defaults);
  for (const bool whole : {true, false})
    for (const config::ConfigKey& key : table.keys())
      if (whole ? key.path == word : key.path.ends_with("." + word)) return key.path;
  return {};
}

// Whether the folder is that of a run, or the file a checkpoint by its name.
bool looks_like_checkpoint(const std::string& word) {
  std::error_code unknown;
  return word.ends_with(".safetensors") || fs::exists(fs::path(word) / "last.safetensors", unknown);
}

// Whether a key has an effect in the program. Only a program that trains has --init-from and
// --resume, of which at most one can have been given already.
bool has_effect(const std::string& key, const PossibleWords& possible) {
  const bool trains =
      contains(possible.options, "--init-from") || contains(possible.options, "--resume");
  return possible.takes_keys && (trains || !key.starts_with("train."));
}

}  // namespace

std::string meant_by_option(const std::string& word, const PossibleWords& possible) {
  const size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const auto assigned = [&](const std::string& key) {
    return key + (equals == word.npos ? "=VALUE" : word.substr(equals));
  };
  if (possible.takes_images && std::find(std::begin(kImageOptions), std::end(kImageOptions),
                                         name) != std::end(kImageOptions))
    return "the images, which stand without an option";
  const auto [first, last] = kOtherNames.equal_range(name);
  for (auto at = first; at != last; ++at) {
    const std::string ours = at->second;
    if (ours.starts_with("--") && contains(possible.options, ours.substr(0, ours.find(' '))))
      return ours;
    if (!ours.starts_with("--") && has_effect(ours, possible)) return assigned(ours);
  }
  const std::string key = possible.takes_keys ? key_of(name) : "";
  return key.empty() || !has_effect(key, possible) ? "" : assigned(key);
}

std::string meant_by_value(const std::string& word, const std::vector<std::string>& options) {
  const auto as = [&](const char* option) {
    return contains(options, option) ? std::string(option) + " " + word : "";
  };
  if (looks_like_checkpoint(word)) return as("--checkpoint");
  for (const auto& [ending, option] : {std::pair(".json", "--annotations"),
                                       {".json", "--config"},
                                       {".config", "--from-pipeline"},
                                       {".yaml", "--yolo"},
                                       {".record", "--tfrecords"}})
    if (const std::string meant = as(option); word.ends_with(ending) && !meant.empty())
      return meant;
  return {};
}

}  // namespace tools
