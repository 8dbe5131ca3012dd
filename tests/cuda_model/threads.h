// The threads of a kernel: blocks run one after the other, the threads of a block in turn from one
// barrier to the next, in the order that the schedule chooses.
#pragma once
#include <cstddef>
#include <span>

#include "tests/cuda_model/model.h"

namespace cuda_model {

struct Grid {
  unsigned blocks = 0, threads = 0;  // per block
};

// Queues a kernel. `thread` is called for every thread, and asks thread_index() and block_index().
// `meets`: its threads may wait for each other. `parameters`: the bytes that a real launch passes.
// `held`: where `thread` holds them; they must not point to the host's memory (host_pointers.h).
// The errors are CUDA's, for cudaGetLastError, too.
struct Kernel {
  std::string name;
  Grid grid;
  size_t parameters = 0;
  bool meets = false;
  std::function<void()> thread;
  std::span<std::byte> held{};
};
void launch(cudaStream_t, Kernel);

// --- what a kernel's thread may call -------------------------------------------------------------

unsigned thread_index();
unsigned block_index();
// Every thread of the block must come to the same `place`, which is any address of its own.
void barrier(const void* place);
// Gives each of a warp's 32 threads the value of the thread whose number differs by `mask`. All 32
// must come to the same place.
uint64_t shuffle_xor(const void* place, uint64_t value, unsigned mask);

// Ends the kernel, as __trap() does.
[[noreturn]] void trap_here();
// A thread is about to use element `i` of a block's shared array, n elements of `bytes` each. The
// first use in a block fills the array. An element that two threads use between two barriers, and
// that changes there, breaks a rule. Outside kernels whose threads meet this does nothing.
void use_shared(void* array, int n, size_t bytes, int i);

}  // namespace cuda_model
