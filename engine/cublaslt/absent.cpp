// Linked instead of plans.cpp where a CUDA build has no headers of cuBLASLt.
#include "engine/base/error.h"
#include "engine/cublaslt/gemm_choices.h"

namespace engine {

std::unique_ptr<GemmPlans> make_cublaslt_plans() {
  base::fail(base::ExitCode::resources,
             "this build has no cuBLASLt: install cuBLAS with its headers and build again");
}

}  // namespace engine
