// Runs one kernel source on a CUDA stream or on the host's cores.
//
//   each(queue, n, kernel)             kernel(i) for every i in [0, n), in any order
//   blocks<T>(queue, count, kernel)    kernel(Block<T>) for every block, T threads each
//
// A block kernel is a sequence of phases. Inside block.each and block.reduce the threads share the
// work; each ends with a barrier. Code between phases runs in every thread, so it must only compute
// values: memory is written inside a phase. On the host a block is a plain function call, its
// phases are plain loops, and SHARED arrays are plain locals (sanitizers see them).
#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

#include "kernels/queue.h"
#include "kernels/view.h"

#ifdef __CUDA_ARCH__
#define SHARED __shared__
#else
#define SHARED
#endif

namespace kernels {

struct Sum { template <class T> HD T operator()(T a, T b) const { return a + b; } };
struct Max { template <class T> HD T operator()(T a, T b) const { return a < b ? b : a; } };

#ifndef __CUDA_ARCH__
inline thread_local bool in_phase = false;
#endif

// Block-local memory. Usable inside phases only; between phases use Block::read. Debug host builds check.
template <class T, int N> struct Shared {
  T at[N];
  HD T& operator[](int i) {
#if !defined(__CUDA_ARCH__) && !defined(NDEBUG)
    if (!in_phase) throw std::logic_error("Shared used between phases");
    if (i < 0 || i >= N) throw std::logic_error("Shared index out of range");
#endif
    return at[i];
  }
};

template <int kThreads> struct Block {
  int64_t index;

  // A shared value, safe to use in the code between two phases.
  template <class T, int N> HD T read(Shared<T, N>& shared, int i) const {
    T value = shared.at[i];
#ifdef __CUDA_ARCH__
    __syncthreads();
#endif
    return value;
  }

  template <class F> HD void each(int n, F f) const {
#ifdef __CUDA_ARCH__
    for (int i = threadIdx.x; i < n; i += kThreads) f(i);
    __syncthreads();
#else
    in_phase = true;
    for (int i = 0; i < n; ++i) f(i);
    in_phase = false;
#endif
  }

  template <class F> HD void once(F f) const {
    each(1, [&](int) { f(); });
  }

  // op-combines f(0) .. f(n-1); every thread gets the result.
  template <class T, class Op, class F> HD T reduce(int n, T init, Op op, F f) const {
    T v = init;
#ifdef __CUDA_ARCH__
    __shared__ T partial[32];
    for (int i = threadIdx.x; i < n; i += kThreads) v = op(v, f(i));
    for (int d = 16; d; d /= 2) v = op(v, __shfl_xor_sync(~0u, v, d));
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = v;
    __syncthreads();
    v = threadIdx.x % 32 < kThreads / 32 ? partial[threadIdx.x % 32] : init;
    for (int d = 16; d; d /= 2) v = op(v, __shfl_xor_sync(~0u, v, d));
    __syncthreads();
#else
    // The device's order of additions, so both devices round alike; also what lets this vectorise.
    T lane[kThreads];
    for (T& x : lane) x = init;
    int whole = n / kThreads * kThreads;
    for (int i = 0; i < whole; i += kThreads)
      for (int t = 0; t < kThreads; ++t) lane[t] = op(lane[t], f(i + t));
    for (int t = 0; t < n - whole; ++t) lane[t] = op(lane[t], f(whole + t));
    T partial[32];
    for (int w = 0; w < 32; ++w) partial[w] = w < kThreads / 32 ? fold(lane + 32 * w, op) : init;
    v = fold(partial, op);
#endif
    return v;
  }

 private:
  template <class T, class Op> static T fold(T* lane, Op op) {  // what 32 threads do with shuffles
    for (int d = 16; d; d /= 2)
      for (int t = 0; t < d; ++t) lane[t] = op(lane[t], lane[t + d]);
    return lane[0];
  }
};

void check_launch();  // throws if the last launch was refused

#ifdef __CUDACC__
template <class K> __global__ void run_each(K kernel, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) kernel(i);
}
template <int T, class K> __global__ void __launch_bounds__(T) run_blocks(K kernel) {
  kernel(Block<T>{int64_t(blockIdx.x)});
}
#endif

// out[i] = fn(in[i]...) for i in [0, n), moving up to 16 bytes per load.
template <class T, int V> struct alignas(V * sizeof(T)) Pack { T at[V]; };

#ifdef __CUDACC__
// A whole-word load: element-wise loads of a Pack are not merged by the compiler.
template <class T, int V> __device__ Pack<T, V> load(const T* from) {
  using Word = std::conditional_t<V * sizeof(T) == 16, uint4, std::conditional_t<V * sizeof(T) == 8, uint2, uint32_t>>;
  Word word = *reinterpret_cast<const Word*>(from);
  Pack<T, V> pack;
  memcpy(&pack, &word, sizeof pack);
  return pack;
}

template <int V, class Fn, class Out, class... In>
__global__ void run_map(int64_t n, Fn fn, Out* out, const In*... in) {
  int64_t first = (blockIdx.x * int64_t(blockDim.x) + threadIdx.x) * V;
  if (first + V <= n) {
    auto apply = [&](Pack<In, V>... x) {
      Pack<Out, V> y;
#pragma unroll
      for (int k = 0; k < V; ++k) y.at[k] = Out(fn(x.at[k]...));
      return y;
    };
    *reinterpret_cast<Pack<Out, V>*>(out + first) = apply(load<In, V>(in + first)...);
  } else {
    for (int64_t i = first; i < n; ++i) out[i] = Out(fn(in[i]...));
  }
}
#endif
template <class Fn, class Out, class... In>
void map([[maybe_unused]] Queue q, int64_t n, Fn fn, Out* out, const In*... in) {
  if (n == 0) return;
#ifdef __CUDACC__
  if (q.gpu) {
    constexpr size_t widest = std::max({sizeof(Out), sizeof(In)...});
    constexpr int V = int(16 / widest);
    run_map<V><<<unsigned((n + 256 * V - 1) / (256 * V)), 256, 0, cudaStream_t(q.stream)>>>(n, fn, out, in...);
    return check_launch();
  }
#endif
#pragma omp parallel for simd schedule(static)
  for (int64_t i = 0; i < n; ++i) out[i] = Out(fn(in[i]...));
}

template <class K> void each([[maybe_unused]] Queue q, int64_t n, const K& kernel) {
  if (n == 0) return;
  if (n > INT32_MAX) throw std::logic_error("each: too many elements");
#ifdef __CUDACC__
  if (q.gpu) {
    run_each<<<unsigned((n + 255) / 256), 256, 0, cudaStream_t(q.stream)>>>(kernel, int(n));
    return check_launch();
  }
#endif
#pragma omp parallel for simd schedule(static)
  for (int i = 0; i < int(n); ++i) kernel(i);
}

template <int T, class K> void blocks([[maybe_unused]] Queue q, int64_t count, const K& kernel) {
  if (count == 0) return;
#ifdef __CUDACC__
  if (q.gpu) {
    run_blocks<T><<<unsigned(count), T, 0, cudaStream_t(q.stream)>>>(kernel);
    return check_launch();
  }
#endif
#pragma omp parallel for schedule(static)
  for (int64_t b = 0; b < count; ++b) kernel(Block<T>{b});
}

}  // namespace kernels
