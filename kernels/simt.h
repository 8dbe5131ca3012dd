// Runs one kernel source on a CUDA stream or on the host's cores.
//
//   map(queue, n, fn, out, in...)        out[i] = fn(in[i]...), up to 16 bytes per access
//   each(queue, n, kernel)               kernel(i) for every i in [0, n), in any order
//   blocks<T>(queue, count, kernel)      kernel(Block<T>) for every block, T threads each
// and, for matrices of [rows, channels], rows() and column_sums() of simt_columns.h.
//
// A block kernel is a sequence of phases. Inside block.each and block.reduce the threads share the
// work; each ends with a barrier. Code between phases runs in every thread, so it must only compute
// values: memory is written inside a phase. On the host a block is a plain function call, its
// phases are plain loops, and SHARED arrays are plain locals (sanitizers see them).
//
// On the host an exception from a kernel of each() or blocks() reaches the caller; small work stays
// in the calling thread. What map() calls must not throw.
//
// A build with SSD_HOST_PACKS runs on the host what a GPU would run: packs of several elements, and
// the threads of a phase in reversed order.
#pragma once
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

#include "kernels/block.h"
#include "kernels/launch_shapes.h"

namespace kernels {

struct Sum {
  template <class T> HD T operator()(T a, T b) const { return a + b; }
};
struct Max {
  template <class T> HD T operator()(T a, T b) const { return a < b ? b : a; }
};

// A kernel's type as the compiler spells it, and the short name in it: "Add", "Cast<bf16>".
template <class K> constexpr const char* spelled() { return __PRETTY_FUNCTION__; }
std::string kernel_name(std::string_view spelled);

// Throws, naming the kernel, if it was not launched, or failed under CUDA_LAUNCH_BLOCKING=1.
void check_launch(const char* spelled);
// The grid of that many blocks. Throws, naming the kernel, if that is more than a GPU can have.
unsigned grid_of(int64_t blocks, const char* spelled);

// Host: work(begin, end) over [0, n), split among the queue's threads; if `serial`, in this one.
template <class F> void split(Queue q, int64_t n, bool serial, const F& work) {
  if (serial || q.threads == 1 || omp_in_parallel()) return work(int64_t(0), n);
  std::exception_ptr error;
#pragma omp parallel num_threads(q.threads > 0 ? q.threads : omp_get_max_threads())
  {
    int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
    try {
      work(n * thread / threads, n * (thread + 1) / threads);
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

// Neighbouring elements that move in one access.
template <class T, int V> struct alignas(V * sizeof(T)) Pack { T at[V]; };

// Throws if the address is not a multiple of the size of a pack. On a GPU such an access is an
// error that ends the process.
template <int V, class T> HD void check_aligned([[maybe_unused]] const T* from) {
#if !defined(__CUDA_ARCH__) && (!defined(NDEBUG) || defined(PACKS))
  if constexpr (V > 1)
    if (reinterpret_cast<uintptr_t>(from) % (V * sizeof(T)))
      throw std::logic_error("misaligned access of " + std::to_string(V * sizeof(T)) + " bytes");
#endif
}

// Loads a pack as one word, because nvcc does not merge loads of single elements.
template <int V, class T> HD Pack<T, V> load(const T* from) {
  Pack<T, V> pack;
#ifdef __CUDA_ARCH__
  constexpr int kBytes = V * sizeof(T);
  using Small =
      std::conditional_t<kBytes == 4, uint32_t, std::conditional_t<kBytes == 2, uint16_t, uint8_t>>;
  using Word =
      std::conditional_t<kBytes == 16, uint4, std::conditional_t<kBytes == 8, uint2, Small>>;
  Word word = *reinterpret_cast<const Word*>(from);
  memcpy(&pack, &word, sizeof pack);
#else
  check_aligned<V>(from);
  for (int k = 0; k < V; ++k) pack.at[k] = from[k];
#endif
  return pack;
}

template <int V, class T> HD void store(T* to, const Pack<T, V>& pack) {
#ifdef __CUDA_ARCH__
  *reinterpret_cast<Pack<T, V>*>(to) = pack;
#else
  check_aligned<V>(to);
  for (int k = 0; k < V; ++k) to[k] = pack.at[k];
#endif
}

#ifdef PACKS
// The elements of map() from `first` on: a pack, or what is left of n.
template <int V, class Fn, class Out, class... In>
HD void map_pack(int64_t first, int64_t n, const Fn& fn, Out* out, const In*... in) {
  if (first + V <= n) {
    auto apply = [&](Pack<In, V>... x) {
      Pack<Out, V> y;
      UNROLL(16)
      for (int k = 0; k < V; ++k) y.at[k] = Out(fn(x.at[k]...));
      return y;
    };
    store<V>(out + first, apply(load<V>(in + first)...));
  } else {
    for (int64_t i = first; i < n; ++i) out[i] = Out(fn(in[i]...));
  }
}
#endif

// Returns what each() calls for every element. This is the kernel itself, unless it has a member
// loaded(). Such a kernel reads values from memory that are the same for all elements, and loaded()
// returns a functor that holds them, so that a host thread reads them once.
template <class K> HD auto loaded(const K& kernel) {
  if constexpr (requires { kernel.loaded(); })
    return kernel.loaded();
  else
    return kernel;
}

#ifdef DEVICE_PATH
// What one thread of a device does.
template <class K> struct EachThread {
  K kernel;
  int n;
  HD void operator()() const {
    int64_t i = each_index(device::block(), device::thread());
    if (i < n) loaded(kernel)(int(i));
  }
};
template <int T, class K> struct BlockThread {
  K kernel;
  HD void operator()() const { kernel(DeviceBlock<T>{int64_t(device::block())}); }
};
template <int V, class Fn> struct MapThread {
  int64_t n;
  Fn fn;
  template <class Out, class... In> HD void operator()(Out* out, const In*... in) const {
    map_pack<V>(map_first(device::block(), device::thread(), V), n, fn, out, in...);
  }
};
#endif

// The bodies of host loops are functions, because variables that are declared inside of a simd loop
// become arrays in memory.
template <class Fn, class Out, class... In>
HD void map_one(const Fn& fn, int64_t i, Out* out, const In*... in) {
  out[i] = Out(fn(in[i]...));
}

template <class Fn, class Out, class... In>
void map(Queue q, int64_t n, Fn fn, Out* out, const In*... in) {
  if (n == 0 || q.plan) return;
  constexpr int V = pack_width(std::max({sizeof(Out), sizeof(In)...}));
  (check_aligned<V>(out), ..., check_aligned<V>(in));
#ifdef DEVICE_PATH
  if (q.gpu) {
    const unsigned grid = grid_of(map_blocks(n, V), spelled<Fn>());
    device::launch(q, spelled<Fn>(), grid, kFlatThreads, MapThread<V, Fn>{n, fn}, out, in...);
    return check_launch(spelled<Fn>());
  }
#endif
#ifdef SSD_HOST_PACKS
  return split(q, parts_of(n, V), n < 16384, [=](int64_t begin, int64_t end) {
    for (int64_t pack = end; pack-- > begin;) map_pack<V>(pack * V, n, fn, out, in...);
  });
#endif
  split(q, n, n < 16384, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; ++i) map_one(fn, i, out, in...);
  });
}

template <class K> void each(Queue q, int64_t n, const K& kernel) {
  if (n == 0 || q.plan) return;
  if (n > kMostIndices)
    throw std::length_error("kernel " + kernel_name(spelled<K>()) +
                            ": more than 2^31 - 1 elements");
#ifdef DEVICE_PATH
  if (q.gpu) {
    const unsigned grid = grid_of(each_blocks(n), spelled<K>());
    device::launch(q, spelled<K>(), grid, kFlatThreads, EachThread<K>{kernel, int(n)});
    return check_launch(spelled<K>());
  }
#endif
  split(q, n, n < 1024, [&](int64_t begin, int64_t end) {
    const auto element = loaded(kernel);
    if constexpr (kHostPacks) {
      for (int64_t i = end; i-- > begin;) element(int(i));
      return;
    }
    INDEPENDENT
    for (int i = int(begin); i < int(end); ++i) element(i);
  });
}

template <int T, class K> void blocks(Queue q, int64_t count, const K& kernel) {
  if (count == 0 || q.plan) return;
#ifdef DEVICE_PATH
  if (q.gpu) {
    const unsigned grid = grid_of(count, spelled<K>());
    device::launch_blocks<T>(q, spelled<K>(), grid, BlockThread<T, K>{kernel});
    return check_launch(spelled<K>());
  }
#endif
  split(q, count, count == 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) kernel(Block<T>{kHostPacks ? begin + end - 1 - b : b});
  });
}

}  // namespace kernels
