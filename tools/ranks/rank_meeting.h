// Connects the ranks of a run, each of which is a process.
#pragma once
#include <memory>

#include "engine/collectives/rendezvous.h"

namespace tools {

// Meets the other ranks. Their calls go over TCP, and with `on_gpus`, those that are queued on a
// GPU over NCCL. A rank that does not answer for `seconds` is an Error(resources).
std::unique_ptr<engine::Collectives> meet_ranks(const engine::RankPlace&, double seconds,
                                                bool on_gpus);

}  // namespace tools
