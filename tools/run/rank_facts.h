// Compares what must be equal on all ranks of a run: the program, the configuration, the data and
// the checkpoint.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "tools/run/training_data.h"

namespace run {

// Returns the facts of this rank. `resumed` is the checkpoint that it goes on from, or null.
nlohmann::json facts_of(const config::RunConfig&, const TrainingData&, const ModelFile* resumed);

// Says how the facts of another rank differ from rank 0's. Empty if they do not. Keys that say how
// a rank computes, or where its files lie, may differ.
std::string difference(const nlohmann::json& first, const nlohmann::json& other);

}  // namespace run
