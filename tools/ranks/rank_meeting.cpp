#include "tools/ranks/rank_meeting.h"

#include "engine/nccl/collectives.h"

namespace tools {

std::unique_ptr<engine::Collectives> meet_ranks(const engine::RankPlace& place, double seconds,
                                                bool on_gpus) {
  auto host = engine::make_tcp_collectives(engine::meet(place, seconds), place.rank, seconds);
  if (!on_gpus) return host;
  return engine::make_nccl_collectives(std::move(host), seconds);
}

}  // namespace tools
