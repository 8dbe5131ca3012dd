// A library for LD_PRELOAD: from the start of `main`, the allocation number $FAIL_AT of operator
// new fails, in whichever thread it is. The number of all allocations goes to the file $COUNT_FILE.
#include <dlfcn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

using Main = int (*)(int, char**, char**);

std::atomic<long> allocations{0}, fails_at{0};
std::atomic<bool> counts{false};
Main real_main;

bool fails() { return counts && ++allocations == fails_at; }

void* plain(size_t bytes) { return fails() ? nullptr : std::malloc(bytes ? bytes : 1); }

void* aligned(size_t bytes, std::align_val_t alignment) {
  const size_t unit = size_t(alignment);
  return fails() ? nullptr : std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
}

void* or_throw(void* memory) {
  if (!memory) throw std::bad_alloc();
  return memory;
}

int counted_main(int argc, char** argv, char** environment) {
  if (const char* number = std::getenv("FAIL_AT")) fails_at = std::atol(number);
  counts = true;
  const int code = real_main(argc, argv, environment);
  counts = false;
  const char* path = std::getenv("COUNT_FILE");
  if (std::FILE* file = path ? std::fopen(path, "w") : nullptr) {
    std::fprintf(file, "%ld\n", allocations.load());
    std::fclose(file);
  }
  return code;
}

}  // namespace

// The C library's own start of a program, so that constructors of static objects do not count.
extern "C" int __libc_start_main(Main program, int argc, char** argv, void (*init)(),
                                 void (*fini)(), void (*end)(), void* stack) {
  using Start = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);
  real_main = program;
  const auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  return start(counted_main, argc, argv, init, fini, end, stack);
}

void* operator new(size_t n) { return or_throw(plain(n)); }
void* operator new[](size_t n) { return or_throw(plain(n)); }
void* operator new(size_t n, const std::nothrow_t&) noexcept { return plain(n); }
void* operator new[](size_t n, const std::nothrow_t&) noexcept { return plain(n); }
void* operator new(size_t n, std::align_val_t a) { return or_throw(aligned(n, a)); }
void* operator new[](size_t n, std::align_val_t a) { return or_throw(aligned(n, a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { std::free(p); }
