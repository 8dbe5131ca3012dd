// The modelled GPU as kernels see it: included by kernels/device.h.
#pragma once
#include <cstring>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tests/cuda_model/threads.h"

// One block runs at a time, in one thread of the process.
#define SHARED static thread_local

namespace kernels {

std::string kernel_name(std::string_view spelled);

namespace device {

inline unsigned thread() { return cuda_model::thread_index(); }
inline unsigned block() { return cuda_model::block_index(); }

template <class Place, int kNumber> inline const char place_of = 0;  // its address counts

template <class Place, int kNumber = 0> void barrier() {
  cuda_model::barrier(&place_of<Place, kNumber>);
}

template <class Place, class T> T shuffle_xor(T value, int mask) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = cuda_model::shuffle_xor(&place_of<Place, -1>, bits, unsigned(mask));
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T> void use_shared(T* array, int n, int i) {
  cuda_model::use_shared(array, n, sizeof(T), i);
}

inline void trap() { cuda_model::trap_here(); }
inline void sleep(int) {}

template <class Body, class... Arguments> struct Parameters {
  Body body;
  std::tuple<Arguments...> arguments;
};

// What lay in the padding before may look like an address.
template <class T> void clear_padding([[maybe_unused]] T* at) {
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
  if constexpr (std::is_trivially_copyable_v<T>) __builtin_clear_padding(at);
#endif
#endif
}

template <class Body, class... Arguments>
void launch_threads(Queue q, const char* spelled, cuda_model::Grid grid, bool meet,
                    const Body& body, Arguments... arguments) {
  using Held = Parameters<Body, Arguments...>;
  auto held = std::make_shared<Held>(Held{body, {arguments...}});
  clear_padding(&held->body);
  auto thread = [held] {
    std::apply([&](Arguments... on) { std::as_const(held->body)(on...); }, held->arguments);
  };
  const std::span bytes(reinterpret_cast<std::byte*>(held.get()),
                        sizeof...(arguments) ? sizeof *held : sizeof body);
  cuda_model::launch(cudaStream_t(q.stream), {kernel_name(spelled), grid,
                                              sizeof body + sizeof...(arguments) * sizeof(void*),
                                              meet, std::move(thread), bytes});
}

template <class Body, class... Arguments>
void launch(Queue q, const char* spelled, unsigned grid, int threads, const Body& body,
            Arguments... arguments) {
  launch_threads(q, spelled, {grid, unsigned(threads)}, false, body, arguments...);
}

template <int T, class Body>
void launch_blocks(Queue q, const char* spelled, unsigned grid, const Body& body) {
  launch_threads(q, spelled, {grid, unsigned(T)}, true, body);
}

}  // namespace device
}  // namespace kernels
