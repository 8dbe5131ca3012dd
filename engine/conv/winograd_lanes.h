// 16 channels at a time, computed in f32 and kept as f32 or bf16.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/view.h"

namespace engine::winograd {

using kernels::bf16;

constexpr int kLanes = 16;

// 16 floats, and the bits of as many values. The compiler splits them where registers are shorter.
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;
using Words [[gnu::vector_size(kLanes * sizeof(uint32_t))]] = uint32_t;
using Halves [[gnu::vector_size(kLanes * sizeof(uint16_t))]] = uint16_t;

// Copies `count` of 16 values. A copy of all of them is a single instruction.
template <class Value> void copy_lanes(const void* from, int count, void* to) {
  if (count == kLanes)
    std::memcpy(to, from, kLanes * sizeof(Value));
  else
    std::memcpy(to, from, size_t(count) * sizeof(Value));
}

// Loads `count` channels into the first lanes; the others become 0.
inline void load(const float* from, int count, Lanes& v) {
  if (count < kLanes) v = Lanes{};
  copy_lanes<float>(from, count, &v);
}

inline void load(const bf16* from, int count, Lanes& v) {
  Halves bits{};
  copy_lanes<bf16>(from, count, &bits);
  const Words words = __builtin_convertvector(bits, Words) << 16;
  std::memcpy(&v, &words, sizeof v);
}

inline void store(const Lanes& v, int count, float* to) { copy_lanes<float>(&v, count, to); }

// Rounds as kernels::bf16 does: to nearest even; NaN stays NaN.
inline void store(const Lanes& v, int count, bf16* to) {
  Words words;
  std::memcpy(&words, &v, sizeof words);
  const Words rounded = (words + 0x7fff + (words >> 16 & 1)) >> 16, nan = words >> 16 | 64;
  words = (words & 0x7fffffff) > 0x7f800000 ? nan : rounded;
  const Halves bits = __builtin_convertvector(words, Halves);
  copy_lanes<bf16>(&bits, count, to);
}

}  // namespace engine::winograd
