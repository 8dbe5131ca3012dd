// Host memory that a kernel uses because its parameters point to it.
#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>

namespace cuda_model {

// Ends the process if the kernel whose threads `run` lets run would use memory of the host through
// a pointer in `parameters`, which the threads read. Pinned memory may be used. An address that no
// thread uses breaks no rule, nor does a number that looks like an address: where `parameters` hold
// what could be one, a child process runs the kernel with an address there that nobody may use.
void refuse_host_pointers(const std::string& kernel, std::span<std::byte> parameters,
                          const std::function<void()>& run);

}  // namespace cuda_model
