// The blocks of simt.h: how threads share the work of a phase, on the host and on a device.
#pragma once
#include <stdexcept>

#include "kernels/device.h"

#define PRAGMA(text) _Pragma(#text)
// Tells the compiler that no iteration of the next host loop reads what another one writes.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define INDEPENDENT PRAGMA(GCC ivdep)
#else
#define INDEPENDENT
#endif
#ifdef __CUDACC__
#define UNROLL(n) PRAGMA(unroll n)
#else
#define UNROLL(n) PRAGMA(GCC unroll n)
#endif

// Where the code that works on packs of several elements is compiled.
#if defined(DEVICE_PATH) || defined(SSD_HOST_PACKS)
#define PACKS
#endif

namespace kernels {

#ifdef SSD_HOST_PACKS
constexpr bool kHostPacks = true;
#else
constexpr bool kHostPacks = false;
#endif

#ifndef __CUDA_ARCH__
inline thread_local bool in_phase = false;
#endif

// Marks the calling host thread as inside a phase, for the checks of Shared.
struct Phase {
#if !defined(__CUDA_ARCH__) && !defined(NDEBUG)
  Phase() { in_phase = true; }
  ~Phase() { in_phase = false; }
#else
  HD Phase() {}
#endif
};

// Memory of a block, for use inside phases. Between phases only Block::read may read it. Debug
// builds check this on the host.
template <class T, int N> struct Shared {
  T at[N];
  HD T& operator[](int i) {
#if !defined(__CUDA_ARCH__) && !defined(NDEBUG)
    if (!in_phase) throw std::logic_error("Shared used between phases");
    if (i < 0 || i >= N) throw std::logic_error("Shared index out of range");
#endif
    return use(i);
  }
  HD T& use(int i) {
#ifdef DEVICE_PATH
    device::use_shared(at, N, i);
#endif
    return at[i];
  }
};

// A block on the host: a function call whose phases are loops.
template <int kThreads> struct Block {
  static constexpr bool kOnDevice = false;
  int64_t index;

  // A shared value, safe to use in the code between two phases.
  template <class T, int N> HD T read(Shared<T, N>& shared, int i) const { return shared.at[i]; }

  // Calls f(0) .. f(n - 1), in any order.
  template <class F> HD void each(int n, F f) const {
    Phase phase;
    if constexpr (kHostPacks) {
      for (int t = kThreads; t-- > 0;)
        for (int i = t; i < n; i += kThreads) f(i);
      return;
    }
    INDEPENDENT
    for (int i = 0; i < n; ++i) f(i);
  }

  // Calls f() in one thread.
  template <class F> HD void once(F f) const {
    each(1, [&](int) { f(); });
  }

  // Combines f(0) .. f(n - 1) by `op`. Every thread gets the result.
  template <class T, class Op, class F> HD T reduce(int n, T init, Op op, F f) const {
    // Adds in the order in which a device adds, so that both round alike. In this order the loops
    // vectorise, too.
    Phase phase;
    T lane[kThreads];
    for (T& x : lane) x = init;
    int whole = n / kThreads * kThreads;
    for (int i = 0; i < whole; i += kThreads)
      for (int t = 0; t < kThreads; ++t) lane[t] = op(lane[t], f(i + t));
    for (int t = 0; t < n - whole; ++t) lane[t] = op(lane[t], f(whole + t));
    T partial[32];
    for (int w = 0; w < 32; ++w) partial[w] = w < kThreads / 32 ? fold(lane + 32 * w, op) : init;
    return fold(partial, op);
  }

 private:
  template <class T, class Op> static HD T fold(T* lane, Op op) {  // 32 threads with shuffles
    for (int d = 16; d; d /= 2)
      for (int t = 0; t < d; ++t) lane[t] = op(lane[t], lane[t + d]);
    return lane[0];
  }
};

#ifdef DEVICE_PATH
// The same on a device: one thread's share of each phase, then a barrier.
template <int kThreads> struct DeviceBlock {
  static constexpr bool kOnDevice = true;
  int64_t index;

  template <class T, int N> HD T read(Shared<T, N>& shared, int i) const {
    T value = shared.use(i);
    device::barrier<Shared<T, N>>();
    return value;
  }

  template <class F> HD void each(int n, F f) const {
    {
      Phase phase;
      for (int i = int(device::thread()); i < n; i += kThreads) f(i);
    }
    device::barrier<F>();
  }

  template <class F> HD void once(F f) const {
    each(1, [&](int) { f(); });
  }

  template <class T, class Op, class F> HD T reduce(int n, T init, Op op, F f) const {
    SHARED Shared<T, 32> partial;
    const int thread = int(device::thread());
    T v = init;
    {
      Phase phase;
      for (int i = thread; i < n; i += kThreads) v = op(v, f(i));
    }
    v = fold<F>(v, op);
    if (thread % 32 == 0) partial.use(thread / 32) = v;
    device::barrier<F, 0>();
    v = thread % 32 < kThreads / 32 ? partial.use(thread % 32) : init;
    v = fold<F>(v, op);
    device::barrier<F, 1>();
    return v;
  }

 private:
  template <class F, class T, class Op> static HD T fold(T v, Op op) {
    for (int d = 16; d; d /= 2) v = op(v, device::shuffle_xor<F>(v, d));
    return v;
  }
};
#endif

}  // namespace kernels
