// Collectives of ranks that have a GPU each: NCCL for what is queued on the GPU, the host's
// collectives for everything else.
#pragma once
#include <memory>

#include "engine/collectives/collectives.h"

namespace engine {

// The communicator is made by the first call on a GPU's queue, on the device that is current then.
// All ranks have to make that call, and it must not be recorded. A communicator that fails, or that
// another rank has left, is aborted within `seconds`, so that no kernel waits for ever. Errors are
// those of Collectives; Error(resources) where there is no NCCL.
std::unique_ptr<Collectives> make_nccl_collectives(std::unique_ptr<Collectives> host,
                                                   double seconds);

}  // namespace engine
