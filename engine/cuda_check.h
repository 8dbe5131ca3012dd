// Errors of the CUDA runtime's calls. Included by files that include cuda_runtime.h.
#pragma once
#include "engine/base/error.h"

namespace engine {

// Throws with the text of the call, and takes the error from the runtime, so that the next launch
// does not report it. A failed kernel shows up at any later call: the error says how to find out
// which one it was.
inline void check_cuda(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  cudaGetLastError();
  base::fail(base::ExitCode::failed, "CUDA: ", call, ": ", cudaGetErrorString(status), " (",
             cudaGetErrorName(status),
             "); if a kernel is at fault, CUDA_LAUNCH_BLOCKING=1 with train.graph=false names it");
}

}  // namespace engine

#define CUDA_CHECK(call) ::engine::check_cuda(call, #call)
