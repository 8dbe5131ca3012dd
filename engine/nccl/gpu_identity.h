// Tells whether two ranks have the same GPU, which NCCL does not allow.
#pragma once
#include <string>

namespace engine {

// The GPU that is current: its PCI address, and the running system that it is in. Equal in two
// processes if and only if they have the same GPU, also in containers that number it differently.
struct GpuIdentity {
  std::string pci;      // "0000:3b:00.0"
  std::string machine;  // the kernel's boot id, or the host's name if it has none
};
GpuIdentity current_gpu();

}  // namespace engine
