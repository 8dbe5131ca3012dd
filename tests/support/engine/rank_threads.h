// Ranks that are threads of the test's process, connected by TCP.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "engine/collectives/rendezvous.h"

namespace tests {

// A place for every rank of a job on this machine, whose rank 0 listens already.
std::vector<engine::RankPlace> local_places(int ranks);

// Runs `work` on every rank, each in a thread of its own. Returns what each threw; "": nothing.
std::vector<std::string> on_ranks(int ranks, const std::function<void(engine::Collectives&)>& work,
                                  double seconds = 60);
std::vector<std::string> no_failures(int ranks);

}  // namespace tests
