// Linked instead of collectives.cpp in a build without CUDA.
#include "engine/base/error.h"
#include "engine/nccl/collectives.h"

namespace engine {

std::unique_ptr<Collectives> make_nccl_collectives(std::unique_ptr<HostCollectives>, double) {
  base::fail(base::ExitCode::resources, "this build has no CUDA, and so no NCCL: use --device cpu");
}

}  // namespace engine
