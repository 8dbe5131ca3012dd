#include "tests/cuda_model/threads.h"

#include <sys/mman.h>

#include <boost/context/fiber.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <memory>
#include <vector>

#include "tests/cuda_model/calls.h"
#include "tests/cuda_model/host_pointers.h"
#include "tests/cuda_model/settings.h"
#include "tests/cuda_model/shared_memory.h"

namespace cuda_model {
namespace {

constexpr unsigned kWarp = 32, kMostThreads = 1024;
constexpr unsigned kMostBlocks = 0x7fffffff;
constexpr size_t kMostParameters = 4096, kStack = size_t(256) << 10;

enum class At { running, barrier, shuffle, end };

using boost::context::fiber;

// One thread of the block that runs.
struct Thread {
  fiber rest;  // where it goes on; empty while it runs
  At at = At::end;
  unsigned mask = 0;
  const void* place = nullptr;
  uint64_t value = 0;  // that a shuffle gives, then takes
};

// The threads of a block that meet.
struct Meeting {
  std::vector<Thread> threads{kMostThreads};
  fiber host;           // where run_threads() goes on
  std::string problem;  // an exception that left a thread
};

// The kernel that runs, and where in it.
struct Running {
  const Kernel* kernel = nullptr;
  unsigned block = 0, thread = 0;
  Meeting* meeting = nullptr;  // null: the threads do not meet
  const std::vector<unsigned>* order = nullptr;
  size_t turn = 0;        // of that order
  fiber* left = nullptr;  // takes the rest of what ran before
};
Running now;

// Of the next thread in turn that can run, or of run_threads() if there is none.
fiber& next_rest() {
  for (++now.turn; now.turn < now.order->size(); ++now.turn) {
    Thread& thread = now.meeting->threads[(*now.order)[now.turn]];
    if (thread.at != At::running) continue;
    now.thread = (*now.order)[now.turn];
    return thread.rest;
  }
  return now.meeting->host;
}

// Goes on with another; returns when `self` is gone on with.
void give_way(fiber& self, fiber& other) {
  now.left = &self;
  fiber before = std::move(other).resume();
  *now.left = std::move(before);
}

void pause(At at, const void* place) {
  if (!now.meeting) fail("kernel " + now.kernel->name + ": a barrier where none is allowed");
  Thread& self = now.meeting->threads[now.thread];
  self.at = at;
  self.place = place;
  give_way(self.rest, next_rest());
}

// Runs the thread once for every block.
[[noreturn]] void run_for_ever(Thread& self) {
  for (;;) {
    try {
      now.kernel->thread();
    } catch (const std::exception& e) {
      now.meeting->problem = e.what();
    }
    self.at = At::end;
    give_way(self.rest, now.meeting->problem.empty() ? next_rest() : now.meeting->host);
  }
}

fiber begin(Thread& self) {
  return fiber(std::allocator_arg, boost::context::protected_fixedsize_stack(kStack),
               [&self](fiber&& before) -> fiber {
                 *now.left = std::move(before);
                 run_for_ever(self);
               });
}

// Fibers are made once. After a fault they are left where they are: nobody unwinds a GPU's threads.
Meeting& meeting(bool fresh) {
  static Meeting* all = nullptr;
  if (fresh || !all) {
    all = new Meeting;
    for (Thread& thread : all->threads) thread.rest = begin(thread);
  }
  return *all;
}

[[noreturn]] void fail_in_kernel(const std::string& what) {
  fail("kernel " + now.kernel->name + ", block " + std::to_string(now.block) + ": " + what);
}

// Runs every thread that can run until it waits or ends.
void run_threads() {
  Meeting& all = *now.meeting;
  now.turn = size_t(-1);
  if (fiber& first = next_rest(); &first != &all.host) give_way(all.host, first);
  if (!all.problem.empty())
    fail_in_kernel("thread " + std::to_string(now.thread) + " threw: " + all.problem);
}

// Whether `n` threads from `first` wait at the same place.
bool together(const std::vector<Thread>& threads, unsigned first, unsigned n, At at) {
  for (unsigned t = first; t < first + n; ++t)
    if (threads[t].at != at || threads[t].place != threads[first].place ||
        threads[t].mask != threads[first].mask)
      return false;
  return true;
}

bool resolve_shuffles(std::vector<Thread>& threads, unsigned n) {
  bool any = false;
  for (unsigned warp = 0; warp + kWarp <= n; warp += kWarp) {
    if (!together(threads, warp, kWarp, At::shuffle)) continue;
    uint64_t values[kWarp];
    for (unsigned lane = 0; lane < kWarp; ++lane) values[lane] = threads[warp + lane].value;
    for (unsigned lane = 0; lane < kWarp; ++lane) {
      threads[warp + lane].value = values[lane ^ threads[warp].mask];
      threads[warp + lane].at = At::running;
    }
    any = true;
  }
  return any;
}

// Lets the threads go on that have met. False: all have ended.
bool resolve(std::vector<Thread>& threads, unsigned n) {
  if (together(threads, 0, n, At::barrier)) {
    end_shared_phase();
    for (unsigned t = 0; t < n; ++t) threads[t].at = At::running;
    return true;
  }
  if (resolve_shuffles(threads, n)) return true;
  unsigned waiting = 0, ended = 0, first = 0, other = 0;
  for (unsigned t = 0; t < n; ++t) {
    waiting += threads[t].at == At::barrier, ended += threads[t].at == At::end;
    if (threads[t].at != threads[first].at || threads[t].place != threads[first].place) other = t;
  }
  if (ended == n) return false;
  fail_in_kernel("threads do not meet: " + std::to_string(waiting) + " wait at barriers, " +
                 std::to_string(n - waiting - ended) + " in shuffles, " + std::to_string(ended) +
                 " have ended; threads " + std::to_string(first) + " and " + std::to_string(other) +
                 " wait at different places");
}

void run_block() {
  std::vector<Thread>& threads = now.meeting->threads;
  const unsigned n = now.kernel->grid.threads;
  for (unsigned t = 0; t < n; ++t) threads[t].at = At::running, threads[t].mask = 0;
  begin_shared_block();
  do run_threads();
  while (resolve(threads, n));
  end_shared_phase();
}

// Shuffled orders are made anew for some blocks only: that is slow.
constexpr unsigned kBlocksOfOneOrder = 16;

void run(const Kernel& kernel) {
  static bool broken = false;  // a fault left the block before this one
  now = {.kernel = &kernel};
  if (kernel.meets) now.meeting = &meeting(broken);
  broken = true;
  watch_shared(kernel.meets);
  std::vector<unsigned> threads;
  now.order = &threads;
  unsigned count = 0;
  for (unsigned block : thread_order(kernel.grid.blocks)) {
    if (count++ % kBlocksOfOneOrder == 0) threads = thread_order(kernel.grid.threads);
    now.block = block;
    if (kernel.meets) {
      run_block();
    } else {
      for (unsigned t : threads) now.thread = t, kernel.thread();
    }
  }
  broken = false;
  watch_shared(false);
}

cudaError_t queue(cudaStream_t stream, Kernel kernel) {
  const Grid& grid = kernel.grid;
  CUstream_st* on = object_of(stream);
  if (on->device != current_device()) return cudaErrorInvalidResourceHandle;
  if (grid.blocks == 0 || grid.blocks > kMostBlocks || grid.threads == 0 ||
      grid.threads > kMostThreads)
    return cudaErrorInvalidConfiguration;
  if (kernel.parameters > kMostParameters)
    fail("kernel " + kernel.name + ": " + std::to_string(kernel.parameters) +
         " bytes of parameters, of which CUDA passes 4096");
  std::string name = "kernel " + kernel.name;
  auto work = [kernel = std::make_shared<const Kernel>(std::move(kernel))] {
    refuse_host_pointers(kernel->name, kernel->held, [&] { run(*kernel); });
    run(*kernel);
  };
  return queue_work(on, {std::move(name), on->device, std::move(work)});
}

}  // namespace

void launch(cudaStream_t stream, Kernel kernel) {
  Call call;
  report(queue(stream, std::move(kernel)));
}

unsigned thread_index() { return now.thread; }
unsigned block_index() { return now.block; }

void trap_here() {
  trap(cudaErrorLaunchFailure, "thread " + std::to_string(now.thread) + " of block " +
                                   std::to_string(now.block) + " called trap()");
}

void barrier(const void* place) { pause(At::barrier, place); }

uint64_t shuffle_xor(const void* place, uint64_t value, unsigned mask) {
  if (!now.meeting) fail("kernel " + now.kernel->name + ": a shuffle where none is allowed");
  Thread& self = now.meeting->threads[now.thread];
  self.value = value;
  self.mask = mask;
  pause(At::shuffle, place);
  const uint64_t got = self.value;
  self.mask = 0;
  return got;
}

}  // namespace cuda_model
