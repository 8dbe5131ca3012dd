#include "tools/run/device.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "engine/base/error.h"
#include "engine/base/room.h"
#include "engine/base/tell.h"

namespace run {
namespace {

std::unique_ptr<engine::Memory> image_cache_memory(engine::Backend& backend, size_t bytes) {
  if (bytes == 0) return nullptr;
  const size_t free = backend.free_memory();
  if (bytes > free)
    base::fail(base::ExitCode::resources, "data.device_cache_mib: ", bytes >> 20,
               " MiB of images do not fit in the memory of ", backend.name(), ", where ",
               free >> 20, " MiB are free: lower it");
  return std::make_unique<engine::Memory>(backend, bytes, engine::MemoryKind::device);
}

// Whether OpenMP, which would end the program, can start so many. They are tried once: later, its
// own threads run already.
bool can_start(int threads) {
  static std::atomic<int> started = 1;
  if (threads > started && !base::has_threads(threads - 1)) return false;
  started = std::max(started.load(), threads);
  return true;
}

// The library of convolutions takes some 50 KiB of stack, and would end the program without them.
void require_stack() {
  constexpr size_t kLeast = size_t(256) << 10;
  if (const size_t limit = base::stack_limit(); limit < kLeast)
    base::fail(base::ExitCode::resources, "out of memory: ulimit -s allows a stack of ",
               limit >> 10, " KiB, and a network needs ", kLeast >> 10, " KiB: raise it");
}

std::unique_ptr<engine::Backend> open(const std::string& device, int threads,
                                      engine::BackendOptions options) {
  require_stack();
  if (threads > 0) omp_set_num_threads(threads);
  if (const int wanted = omp_get_max_threads(); !can_start(wanted))
    base::fail(base::ExitCode::resources, "out of memory or threads: ", wanted,
               " threads cannot be started; ask for fewer with --threads or train.threads");
  if (!options.tell) {
    options.tell = base::tell;
    options.plan_program = "/proc/self/exe";  // tools::run_program knows the option
  }
  return engine::make_backend(device, options);
}

}  // namespace

// Without a limit, most of what is free; the host's untouched pages cost nothing. Of the address
// space that `ulimit -v` leaves, a quarter and 1 GiB are for what reads and draws images. If less
// than a quarter remains then, a quarter is taken. A GPU's memory has nothing to do with it.
size_t step_memory(engine::Backend& backend, double memory_gib) {
  if (memory_gib > 0) return size_t(memory_gib * double(size_t(1) << 30));
  constexpr size_t kLeast = size_t(1) << 30;
  const size_t wanted = std::max(kLeast, backend.free_memory() / 4 * 3);
  if (backend.queue(engine::Lane::compute).gpu) return wanted;
  const size_t room = base::address_room() / 4;
  return std::min(wanted, room < kLeast / 2 ? room : 3 * room - kLeast);
}

Device::Device(const std::string& device, double memory_gib, int threads,
               const engine::BackendOptions& options, size_t image_cache)
    : Device(open(device, threads, options), memory_gib, image_cache) {}

Device::Device(std::unique_ptr<engine::Backend> backend, double memory_gib, size_t image_cache)
    : backend_(std::move(backend)),
      image_cache_(image_cache_memory(*backend_, image_cache)),
      plans_(*backend_) {
  try {
    reserve(step_memory(*backend_, memory_gib));
  } catch (const base::Error& error) {
    if (memory_gib == 0) throw;
    base::fail(error.code(), error.what(), "; memory_gib asks for ", memory_gib,
               " GiB for a step: lower it; without it, steps take most of what is free");
  }
}

Device::Device(const std::string& device, int threads, const engine::BackendOptions& options)
    : backend_(open(device, threads, options)), plans_(*backend_) {}

void Device::reserve(size_t bytes) {
  branches_.reset(), arena_.reset(), memory_.reset();
  memory_ = std::make_unique<engine::Memory>(*backend_, bytes, engine::MemoryKind::device);
  arena_ = std::make_unique<engine::Arena>(memory_->data(), memory_->bytes());
  if (backend_->branch(0).stream != queue().stream)
    branches_ = std::make_unique<engine::Branches>(*backend_, *arena_);
}

kernels::View Device::image_cache() const {
  if (!image_cache_) return {};
  return {image_cache_->data(), kernels::DType::u8, {1, {int64_t(image_cache_->bytes())}}};
}

engine::Context Device::context(const engine::Precision& precision, engine::Tape* tape,
                                bool training) {
  return {.queue = queue(),
          .arena = *arena_,
          .plans = plans_,
          .tape = tape,
          .training = training,
          .exact_f32 = precision.exact_f32,
          .narrowing = precision.narrowing,
          .branches = branches_.get(),
          .ranks = ranks_};
}

std::string plan_cache_folder(const std::string& configured) {
  if (configured != "auto") return configured;
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
    return std::string(cache) + "/ssd320/plans";
  if (const char* home = std::getenv("HOME"); home && *home)
    return std::string(home) + "/.cache/ssd320/plans";
  return {};
}

}  // namespace run
