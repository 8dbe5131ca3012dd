// Linked instead of backend_cuda.cpp where the build has no CUDA.
#include "engine/backend.h"
#include "engine/base/error.h"

namespace engine {

int cuda_devices() { return 0; }

std::unique_ptr<Backend> make_cuda_backend(int ordinal, const BackendOptions&) {
  base::fail(base::ExitCode::resources, "device cuda:", ordinal,
             ": this build has no CUDA backend; use --device cpu");
}

}  // namespace engine
