// What a thread of a GPU can do besides computing, and how kernels start. Under nvcc these are
// CUDA's own. If SSD_DEVICE_MODEL is defined, it names a header that models a GPU in software, for
// tests, and these functions come from there. Other builds have no device path.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

#if defined(__CUDACC__) || defined(SSD_DEVICE_MODEL)
#define DEVICE_PATH
#endif

#ifdef __CUDA_ARCH__
#define SHARED __shared__
#elif !defined(SSD_DEVICE_MODEL)
#define SHARED
#endif

#ifdef __CUDACC__
namespace kernels::device {

HD unsigned thread() {
#ifdef __CUDA_ARCH__
  return threadIdx.x;
#else
  return 0;
#endif
}

HD unsigned block() {
#ifdef __CUDA_ARCH__
  return blockIdx.x;
#else
  return 0;
#endif
}

// Waits for all threads of the block. For a GPU in software, the type Place identifies the barrier.
template <class Place, int kNumber = 0> HD void barrier() {
#ifdef __CUDA_ARCH__
  __syncthreads();
#endif
}

// The value of the thread whose number in the warp differs by `mask`.
template <class Place, class T> HD T shuffle_xor(T value, int mask) {
#ifdef __CUDA_ARCH__
  return __shfl_xor_sync(~0u, value, mask);
#else
  return value;
#endif
}

// A thread is about to use element i of n in shared memory.
template <class T> HD void use_shared(T*, int, int) {}

HD void trap() {
#ifdef __CUDA_ARCH__
  __trap();
#endif
}

HD void sleep([[maybe_unused]] int microseconds) {
#ifdef __CUDA_ARCH__
  for (int i = 0; i < microseconds; ++i) __nanosleep(1000);
#endif
}

template <class Body, class... Arguments> __global__ void run(Body body, Arguments... arguments) {
  body(arguments...);
}
// A block of 512 threads or more may use all registers of its multiprocessor. In smaller blocks a
// thread may use up to 128: without such a bound nvcc keeps to 32 in some kernels, and spills.
template <int T, class Body>
__global__ void __launch_bounds__(T, T >= 512 ? 1 : 512 / T) run_block(Body body) {
  body();
}

// Starts body(arguments...) in blocks of `threads`. The body has no barriers.
template <class Body, class... Arguments>
void launch(Queue q, const char*, unsigned grid, int threads, const Body& body,
            Arguments... arguments) {
  run<<<grid, threads, 0, cudaStream_t(q.stream)>>>(body, arguments...);
}
// Starts body() in blocks of T threads. The body may have barriers.
template <int T, class Body>
void launch_blocks(Queue q, const char*, unsigned grid, const Body& body) {
  run_block<T><<<grid, T, 0, cudaStream_t(q.stream)>>>(body);
}

}  // namespace kernels::device
#elif defined(SSD_DEVICE_MODEL)
#include SSD_DEVICE_MODEL
#endif
