// Collectives of ranks that have a GPU each: NCCL for what is queued on the GPU, the host's
// collectives for everything else.
#pragma once
#include <memory>

#include "engine/collectives/host_collectives.h"

namespace engine {

// The communicator is made by the first call on a GPU's queue, on the device that is current then.
// All ranks have to make that call, and it must not be recorded. Throws Error(resources) if two
// ranks have the same GPU, or if there is no NCCL; other errors are those of Collectives.
//
// A thread watches: if a rank is gone, if NCCL reports an error, or if this process waits for its
// GPU for half of `seconds`, it aborts the communicator, so that no kernel waits for ever. From
// then on intact() is false. NCCL's abort ends only when all graphs with its calls are destroyed,
// so these have to go before the collectives.
std::unique_ptr<Collectives> make_nccl_collectives(std::unique_ptr<HostCollectives> host,
                                                   double seconds);

}  // namespace engine
