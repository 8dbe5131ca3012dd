// What must be equal on all ranks of a run: the program, the configuration, the data, the
// checkpoint.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "tools/run/training_data.h"

namespace run {

// Of this rank. `resumed`: the checkpoint that it goes on from, or null.
nlohmann::json facts_of(const config::RunConfig&, const TrainingData&, const ModelFile* resumed);

// In words, how the facts of another rank differ from rank 0's; empty if they do not. Keys may
// differ that say how a rank computes, or where its files lie.
std::string difference(const nlohmann::json& first, const nlohmann::json& other);

}  // namespace run
