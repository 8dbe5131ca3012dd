// Ranks of one machine share its memory: a configuration says what they take together.
#pragma once
#include <string>

#include "tools/config/run_config.h"

namespace run {

// Divides data.cache_mib by the number of ranks on this machine. On a CPU it also divides
// train.memory_gib (where 0, "most of what is free", becomes a number) and data.device_cache_mib.
// On GPUs these two stay, because a GPU belongs to one rank.
config::RunConfig part_of_machine(config::RunConfig, int ranks);

// Such as "2 ranks share this machine's memory: each takes 0.5 GiB for steps and 300 MiB for
// decoded images", from what part_of_machine has returned. Empty if they share nothing.
std::string shares_in_words(const config::RunConfig&, int ranks);

}  // namespace run
