// What the ranks of a run compare and share before the first step.
#pragma once
#include <string>
#include <vector>

#include "engine/collectives/collectives.h"
#include "tools/run/run_folder.h"
#include "tools/run/training_data.h"
#include "tools/run/training_model.h"

namespace run {

// Error(resources) names the rank whose program, configuration, data or checkpoint is not rank 0's,
// and what differs. Keys that may differ: threads, memory, caches, and where the files lie.
void check_equal_start(engine::Collectives&, const config::RunConfig&, const TrainingData&,
                       const ModelFile* resumed);

// Weights, moving statistics and the optimiser's state become those of rank 0.
void share_weights(engine::Collectives&, Device&, const engine::Parameters&, engine::Optimizer&);

// Where a rank runs.
struct RankInfo {
  int rank = 0, process = 0;
  std::string host, device;
};
std::vector<RankInfo> gather_infos(engine::Collectives&, const std::string& device);
// "2 ranks: 0 on node01 (cpu), 1 on node02 (cpu)"
std::string in_words(const std::vector<RankInfo>&);
// Writes them into the env.json of a run's folder.
void add_ranks(const RunFolder&, const std::vector<RankInfo>&);

}  // namespace run
