#include "tools/run/rank_start.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/write_file.h"
#include "tools/run/rank_facts.h"

namespace run {
namespace {

using base::ExitCode, base::fail;
using nlohmann::json;

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
      ranks.gather_bytes("settings and data sets", dumped(facts_of(config, data, resumed)));
  const json first = parsed(ranks, 0, texts[0]);
  for (int r = 1; r < ranks.size(); ++r) {
    const std::string words = difference(first, parsed(ranks, r, texts[size_t(r)]));
    if (!words.empty())
      fail(ExitCode::resources, engine::rank_in_words(ranks, r), " differs from rank 0 on ",
           ranks.host(0), ": ", words);
  }
}

void check_equal_job(engine::Collectives& ranks, bool dry_run) {
  const auto jobs = ranks.gather_bytes("what is to be done", dry_run ? "check" : "train");
  for (int r = 1; r < ranks.size(); ++r)
    if (jobs[size_t(r)] != jobs[0])
      fail(ExitCode::usage, engine::rank_in_words(ranks, r), " was started ",
           jobs[0] == "check" ? "without" : "with", " --dry-run, and rank 0 on ", ranks.host(0),
           jobs[0] == "check" ? " with it" : " without it", ": start all ranks alike");
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
  const std::string first = ranks.gather_bytes(
      "the optimiser's counters", {reinterpret_cast<const char*>(&state), sizeof state})[0];
  if (first.size() != sizeof state)
    fail(ExitCode::resources, engine::rank_in_words(ranks, 0), " is another program");
  std::memcpy(&state, first.data(), sizeof state);
  optimizer.write_state(state);
  device.backend().synchronize(queue);
}

std::vector<RankInfo> gather_infos(engine::Collectives& ranks, const std::string& device) {
  const json own{{"process", ::getpid()}, {"device", device}};
  const auto texts = ranks.gather_bytes("the ranks' devices", dumped(own));
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
  return fmt::format("{}: {}", base::counted(int64_t(infos.size()), "rank"),
                     fmt::join(words, ", "));
}

std::string sums_in_words(const config::RunConfig& c, bool on_gpus) {
  const bool during = on_gpus && !c.model.options.sync_batch_norm;
  return fmt::format(
      "gradients are added up in {}, {} the backward pass",
      engine::sum_precision_name(c.ranks.sums.half),
      during ? fmt::format("in ranks.buckets={} parts during", c.ranks.sums.buckets) : "after");
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
