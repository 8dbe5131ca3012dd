#include "tools/run/rank_facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <set>
#include <vector>

#include "engine/base/version.h"
#include "engine/formats/weights_file.h"
#include "engine/safetensors_checksum.h"

namespace run {
namespace {

using nlohmann::json;

// Keys that may differ between ranks: they say how a rank computes or where its files lie.
const std::set<std::string> kMayDiffer{"name",
                                       "output_dir",
                                       "data.threads",
                                       "data.queue",
                                       "data.cache_mib",
                                       "data.device_cache_mib",
                                       "data.label_map",
                                       "train.threads",
                                       "train.device",
                                       "train.memory_gib",
                                       "train.plan_cache",
                                       "checkpoint.init_from"};

bool may_differ(const std::string& key) {
  return kMayDiffer.contains(key) || key.starts_with("data.train.") || key.starts_with("data.val.");
}

// The hash of a file, or an empty text if it cannot be read.
std::string digest_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  engine::ChecksumState state;
  std::vector<char> block(size_t(1) << 20);
  if (path.empty() || !file) return {};
  while (file.read(block.data(), std::streamsize(block.size())) || file.gcount() > 0)
    state.add(block.data(), size_t(file.gcount()));
  return state.digits();
}

json print_json(const data::Fingerprint& f) {
  json j{{"images", f.images}, {"labels", f.labels}};
  for (const data::FingerprintPart& part : data::kFingerprintParts) j[part.name] = f.*part.hash;
  for (const data::FingerprintPart& hint : data::kFingerprintHints) j[hint.name] = f.*hint.hash;
  return j;
}

data::Fingerprint print_of(const json& j) {
  data::Fingerprint f{.images = j.at("images"), .labels = j.at("labels")};
  for (const data::FingerprintPart& part : data::kFingerprintParts)
    f.*part.hash = j.at(part.name).get<uint64_t>();
  for (const data::FingerprintPart& hint : data::kFingerprintHints)
    f.*hint.hash = j.at(hint.name).get<uint64_t>();
  return f;
}

std::string program_in_words() {
  std::string words;
  for (const auto& [name, value] : base::version_parts())
    if (name == "version" || name == "git")
      words += (words.empty() ? "" : ", ") + name + " " + value;
  return words;
}

std::string different_keys(const json& first, const json& other) {
  const auto parsed = [](const json& facts) {
    return config::parse_run_config(facts.at("config").get<std::string>(), "a rank");
  };
  std::vector<std::string> words;
  for (const config::ChangedKey& key : config::changed_keys(parsed(first), parsed(other)))
    if (!may_differ(key.path))
      words.push_back(fmt::format("{} is {}, there {}", key.path, key.now, key.before));
  return fmt::format("{}", fmt::join(words, "; "));
}

std::string different_data(const char* key, const json& first, const json& other) {
  const std::string words =
      data::differences_in_words(print_of(first.at(key)), print_of(other.at(key)));
  return words.empty() ? "" : fmt::format("other data in data.{}: {}", key, words);
}

}  // namespace

std::string difference(const json& first, const json& other) {
  if (first.at("digest") != other.at("digest"))
    return fmt::format("another program ({}, there {})", other.at("program").get<std::string>(),
                       first.at("program").get<std::string>());
  if (const std::string keys = different_keys(first, other); !keys.empty())
    return "another configuration: " + keys;
  for (const char* key : {"train", "val"})
    if (const std::string words = different_data(key, first, other); !words.empty()) return words;
  const auto checkpoint = [](const json& facts) {
    return facts.at("checkpoint").get<std::string>();
  };
  if (first.at("weights") != other.at("weights"))
    return fmt::format("another checkpoint ({}, there {})", checkpoint(other), checkpoint(first));
  return {};
}

json facts_of(const config::RunConfig& config, const TrainingData& data, const ModelFile* resumed) {
  const std::string& from = resumed ? resumed->path() : config.checkpoint.init_from;
  return {{"digest", digest_of("/proc/self/exe")},
          {"program", program_in_words()},
          {"config", config::run_config_json(config)},
          {"train", print_json(data.train_print)},
          {"val", print_json(data.val_print)},
          {"checkpoint", from.empty() ? "none" : from},
          {"weights", resumed ? resumed->checksum() + to_json(resumed->state())
                              : digest_of(engine::weights_file(from))}};
}

}  // namespace run
