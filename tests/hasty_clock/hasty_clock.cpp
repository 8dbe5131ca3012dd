// A library for LD_PRELOAD: between two readings of its steady clock a program believes that a
// minute has passed. Only the C++ library's own readings are changed.
#include <dlfcn.h>
#include <time.h>

#include <atomic>
#include <cstring>

namespace {

constexpr time_t kAhead = 60;

bool in_cpp_library(const void* caller) {
  Dl_info found{};
  return dladdr(caller, &found) && found.dli_fname && std::strstr(found.dli_fname, "libstdc++");
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using Read = int (*)(clockid_t, timespec*);
  static const auto read = reinterpret_cast<Read>(dlsym(RTLD_NEXT, "clock_gettime"));
  static std::atomic<time_t> ahead{0};
  const int result = read(clock, time);
  if (result == 0 && clock == CLOCK_MONOTONIC && in_cpp_library(__builtin_return_address(0)))
    time->tv_sec += ahead += kAhead;
  return result;
}
