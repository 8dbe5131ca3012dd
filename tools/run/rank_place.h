// Which rank this process is, by the variables of whatever started it: torchrun, Open MPI, PMI
// (MPICH, Intel MPI) or SLURM, in this order.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/collectives/rendezvous.h"
#include "tools/config/run_config.h"

namespace run {

using Variables = std::function<const char*(const char*)>;  // std::getenv, or a test's

// None: no launcher's variables, or they say that there is one rank. Error(usage) names variables
// that are incomplete or contradict each other.
std::optional<engine::RankPlace> place_of_launcher(const Variables&);

// The first host of SLURM's list: "node[03-05,9],gpu1" begins with node03.
std::string first_host(const std::string& list);

// Set for rank 0 by ssdtrain itself where it starts the ranks: a socket that listens already.
inline constexpr const char* kListenerVariable = "SSD320_LISTENER";

}  // namespace run
