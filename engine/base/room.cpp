#include "engine/base/room.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <exception>
#include <fstream>
#include <latch>
#include <thread>
#include <vector>

#include "engine/base/error.h"

namespace base {

size_t address_room() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  size_t pages = 0;
  if (!(std::ifstream("/proc/self/statm") >> pages)) return SIZE_MAX;
  const size_t taken = pages * size_t(::sysconf(_SC_PAGESIZE));
  return limit.rlim_cur > taken ? size_t(limit.rlim_cur) - taken : 0;
}

size_t stack_limit() {
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_STACK, &limit) == 0;
  return known && limit.rlim_cur != RLIM_INFINITY ? size_t(limit.rlim_cur) : SIZE_MAX;
}

bool has_room(size_t bytes) {
  constexpr int kWays = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kWays, -1, 0);
  if (room != MAP_FAILED) ::munmap(room, bytes);
  return room != MAP_FAILED;
}

bool has_threads(int count) {
  std::latch all(1);
  std::vector<std::jthread> threads;
  bool started = true;
  try {
    threads.reserve(size_t(count));
    for (int i = 0; i < count; ++i) threads.emplace_back([&all] { all.wait(); });
  } catch (const std::exception&) {  // no thread, or no memory for it
    started = false;
  }
  all.count_down();
  return started;
}

void require_room(size_t bytes, const char* what) {
  if (!has_room(bytes))
    fail(ExitCode::resources, "out of memory: ", bytes >> 20, " MiB wanted ", what,
         address_room() == SIZE_MAX ? "" : "; ulimit -v limits the memory of this program");
}

}  // namespace base
