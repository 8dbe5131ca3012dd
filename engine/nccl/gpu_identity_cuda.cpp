#include <cuda_runtime.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "engine/cuda_check.h"
#include "engine/nccl/gpu_identity.h"

namespace engine {
namespace {

std::string machine() {
  std::string id;
  if (std::ifstream file("/proc/sys/kernel/random/boot_id"); file >> id) return id;
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

GpuIdentity current_gpu() {
  int ordinal = 0;
  CUDA_CHECK(cudaGetDevice(&ordinal));
  cudaDeviceProp p;
  CUDA_CHECK(cudaGetDeviceProperties(&p, ordinal));
  return {.pci = fmt::format("{:04x}:{:02x}:{:02x}.0", p.pciDomainID, p.pciBusID, p.pciDeviceID),
          .machine = machine()};
}

}  // namespace engine
