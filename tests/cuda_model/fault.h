// Work that touches what it must not: caught, and told in words.
#pragma once
#include <functional>
#include <stdexcept>
#include <string>

#include "tests/cuda_model/model.h"

namespace cuda_model {

// What a real GPU reports as an error of the running work.
struct DeviceFault {
  cudaError_t error = cudaSuccess;
  std::string what;
  const void* address = nullptr;  // that was touched, if it was that
};

// Runs work of a device. An access to memory that it must not touch ends it, and is returned.
DeviceFault run_guarded(const std::function<void()>& work);
// Ends the work that run_guarded() is running.
[[noreturn]] void trap(cudaError_t, const std::string& what);

// From now on a signal for a bad address comes to the model first. A test framework may take it
// away, so every call of the runtime asks for it again.
void watch_for_faults();

}  // namespace cuda_model
