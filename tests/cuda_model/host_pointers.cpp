#include "tests/cuda_model/host_pointers.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "tests/cuda_model/fault.h"
#include "tests/cuda_model/memory.h"

namespace cuda_model {
namespace {

constexpr uintptr_t kPage = 4096;
// Programs and their memory lie between these; most pairs of small numbers do not.
constexpr uintptr_t kLowest = uintptr_t(1) << 32, kHighest = uintptr_t(1) << 48;
constexpr size_t kNowhere = size_t(1) << 40;  // bytes that nobody may use
constexpr int kUsed = 1, kUnused = 0;         // how a trial ends
constexpr unsigned kMostSeconds = 60;

void* page_of(uintptr_t address) { return reinterpret_cast<void*>(address / kPage * kPage); }

bool may_be_of_host(uintptr_t value) {
  if (value < kLowest || value >= kHighest) return false;
  if (is_of_the_model(reinterpret_cast<const void*>(value))) return false;
  unsigned char resident = 0;
  return mincore(page_of(value), 1, &resident) == 0;  // it fails where nothing is mapped
}

// In a child process: runs the kernel with another address at `word`, as far into its page.
[[noreturn]] void try_without(std::byte* word, uintptr_t value, const std::function<void()>& run) {
  close(STDERR_FILENO);  // whatever a wrong number leads to, nobody wants to read it
  alarm(kMostSeconds);
  void* nowhere =
      mmap(nullptr, kNowhere, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (nowhere == MAP_FAILED) _exit(kUnused);
  const uintptr_t begin = uintptr_t(nowhere), instead = begin + kNowhere / 2 + value % kPage;
  std::memcpy(word, &instead, sizeof instead);
  const DeviceFault fault = run_guarded(run);
  const bool used = fault.address && uintptr_t(fault.address) - begin < kNowhere;
  _exit(used ? kUsed : kUnused);
}

// Whether the kernel uses the memory to which `word` points. Nothing that the trial writes stays:
// device memory and pinned memory are private to a process.
bool is_used(std::byte* word, uintptr_t value, const std::function<void()>& run) {
  const pid_t child = fork();
  if (child < 0) fail("no process for the trial of a kernel");
  if (child == 0) try_without(word, value, run);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == kUsed;
}

}  // namespace

void refuse_host_pointers(const std::string& kernel, std::span<std::byte> parameters,
                          const std::function<void()>& run) {
  for (size_t at = 0; at + sizeof(uintptr_t) <= parameters.size(); at += sizeof(uintptr_t)) {
    std::byte* word = parameters.data() + at;
    uintptr_t value = 0;
    std::memcpy(&value, word, sizeof value);
    if (!may_be_of_host(value) || !is_used(word, value, run)) continue;
    char address[32];
    std::snprintf(address, sizeof address, "0x%" PRIxPTR, value);
    fail("kernel " + kernel + " uses memory of the host at " + address +
         ", to which its parameters point");
  }
}

}  // namespace cuda_model
