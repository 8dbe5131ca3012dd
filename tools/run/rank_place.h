// Tells which rank this process is, from the environment variables of its launcher: torchrun, Open
// MPI, PMI (MPICH, Intel MPI) or SLURM, in this order.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/collectives/rendezvous.h"
#include "tools/config/run_config.h"

namespace run {

using Variables = std::function<const char*(const char*)>;  // std::getenv, or a test's

// Returns nothing if there are no such variables, or if they say that there is one rank. Throws
// Error(usage), which names the variables, if they are incomplete or contradict each other.
std::optional<engine::RankPlace> place_of_launcher(const Variables&);

// Returns the device of one of several ranks: "cpu", or one of the machine's `gpus` for this rank
// alone. `configured` is train.device; with "auto", GPUs are used if there are any. Throws
// Error(resources) if ranks outnumber GPUs, and Error(usage) for one GPU such as "cuda:1".
std::string device_of_rank(const std::string& configured, const engine::RankPlace&, int gpus);

// The first host of SLURM's list: "node[03-05,9],gpu1" begins with node03.
std::string first_host(const std::string& list);

// ssdtrain sets this variable for rank 0 when it starts the ranks itself. It holds the number of a
// socket that listens already.
inline constexpr const char* kListenerVariable = "SSD320_LISTENER";

}  // namespace run
