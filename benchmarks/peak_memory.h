// The most memory that this process had.
#pragma once
#include <fstream>
#include <string>

namespace benchmarks {

// From now on peak_memory_mib() counts anew. (On kernels without this, it never forgets.)
inline void forget_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5\n"; }

// MiB of the host's memory that were in use at once; 0 if the system does not say.
inline double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kib = 0; word == "VmHWM:" && status >> kib) return kib / 1024;
  return 0;
}

}  // namespace benchmarks
