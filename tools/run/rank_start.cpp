#include "tools/run/rank_start.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "engine/base/version.h"
#include "engine/base/write_file.h"
#include "engine/safetensors_checksum.h"

namespace run {
namespace {

using base::ExitCode, base::fail;
using nlohmann::json;

// They say how a rank computes or where its files lie, not what the run is.
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

// Empty where it cannot be read: then it differs from no other.
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
  return j;
}

data::Fingerprint print_of(const json& j) {
  data::Fingerprint f{.images = j.at("images"), .labels = j.at("labels")};
  for (const data::FingerprintPart& part : data::kFingerprintParts)
    f.*part.hash = j.at(part.name).get<uint64_t>();
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

// In words, how a rank differs from rank 0; empty: it does not.
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
          {"weights", resumed ? resumed->checksum() + to_json(resumed->state()) : digest_of(from)}};
}

std::string dumped(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

// A rank of this very program has sent it, so it is well formed or the ranks are not of one build.
json parsed(const engine::Collectives& ranks, int rank, const std::string& text) {
  json facts = json::parse(text, nullptr, false);
  if (!facts.is_object())
    fail(ExitCode::resources, engine::rank_in_words(ranks, rank), " is another program");
  return facts;
}

}  // namespace

void check_equal_start(engine::Collectives& ranks, const config::RunConfig& config,
                       const TrainingData& data, const ModelFile* resumed) {
  const auto texts =
      ranks.gather_bytes("facts of the start", dumped(facts_of(config, data, resumed)));
  const json first = parsed(ranks, 0, texts[0]);
  for (int r = 1; r < ranks.size(); ++r) {
    const std::string words = difference(first, parsed(ranks, r, texts[size_t(r)]));
    if (!words.empty())
      fail(ExitCode::resources, engine::rank_in_words(ranks, r), " differs from rank 0 on ",
           ranks.host(0), ": ", words);
  }
}

void share_weights(engine::Collectives& ranks, Device& device, const engine::Parameters& parameters,
                   engine::Optimizer& optimizer) {
  const kernels::Queue queue = device.queue();
  const auto share = [&](const char* what, const engine::View& values) {
    if (values) ranks.broadcast(what, values, 0, queue);
  };
  for (const engine::Parameters::Named& p : parameters.named()) share("weights", p.value);
  for (const auto& buffer : optimizer.rule_buffers()) share("the optimiser's state", buffer.values);
  share("averaged weights", optimizer.average());
  engine::OptimizerState state = optimizer.read_state();
  share("the optimiser's counters", {&state, kernels::DType::u8, {1, {sizeof state}}});
  optimizer.write_state(state);
  device.backend().synchronize(queue);
}

std::vector<RankInfo> gather_infos(engine::Collectives& ranks, const std::string& device) {
  const json own{{"process", ::getpid()}, {"device", device}};
  const auto texts = ranks.gather_bytes("places", dumped(own));
  std::vector<RankInfo> infos;
  for (int r = 0; r < ranks.size(); ++r) {
    const json info = parsed(ranks, r, texts[size_t(r)]);
    infos.push_back({r, info.at("process"), ranks.host(r), info.at("device")});
  }
  return infos;
}

std::string in_words(const std::vector<RankInfo>& infos) {
  std::vector<std::string> words;
  for (const RankInfo& i : infos)
    words.push_back(fmt::format("{} on {} ({}, process {})", i.rank, i.host, i.device, i.process));
  return fmt::format("{} ranks: {}", infos.size(), fmt::join(words, ", "));
}

void add_ranks(const RunFolder& folder, const std::vector<RankInfo>& infos) {
  const std::string path = folder.file("env.json");
  std::ifstream file(path);
  nlohmann::ordered_json env = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!env.is_object()) return;  // somebody has edited it
  env["ranks"] = nlohmann::ordered_json::array();
  for (const RankInfo& i : infos)
    env["ranks"].push_back(
        {{"rank", i.rank}, {"host", i.host}, {"device", i.device}, {"process", i.process}});
  base::write_file(
      path, env.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace run
