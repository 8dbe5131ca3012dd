// Lets the ranks of a run compare and share what they must have in common before the first step.
#pragma once
#include <string>
#include <vector>

#include "engine/collectives/collectives.h"
#include "tools/run/run_folder.h"
#include "tools/run/training_data.h"
#include "tools/run/training_model.h"

namespace run {

// Throws Error(resources) if the program, configuration, data or checkpoint of a rank is not rank
// 0's; the message names the rank and what differs. The keys for threads, memory, caches and for
// where files lie may differ.
void check_equal_start(engine::Collectives&, const config::RunConfig&, const TrainingData&,
                       const ModelFile* resumed);

// Throws Error(usage) if a rank is to check a run only (--dry-run), and rank 0 to train it, or
// the other way around: they would make different calls.
void check_equal_job(engine::Collectives&, bool dry_run);

// Replaces the weights, moving statistics and optimiser's state by those of rank 0.
void share_weights(engine::Collectives&, Device&, const engine::Parameters&, engine::Optimizer&);

// Where a rank runs.
struct RankInfo {
  int rank = 0, process = 0;
  std::string host, device;
};
std::vector<RankInfo> gather_infos(engine::Collectives&, const std::string& device);
// "2 ranks: 0 on node01 (cpu), 1 on node02 (cpu)"
std::string in_words(const std::vector<RankInfo>&);
// Such as "gradients are added up in fp32, in ranks.buckets=4 parts during the backward pass".
std::string sums_in_words(const config::RunConfig&, bool on_gpus);
// Writes them into the env.json of a run's folder.
void add_ranks(const RunFolder&, const std::vector<RankInfo>&);

}  // namespace run
