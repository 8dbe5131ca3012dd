#include "tests/cuda_model/nccl/sums.h"

#include <nccl.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace cuda_model::nccl {
namespace {

struct Bfloat16 {
  uint16_t bits;
  explicit Bfloat16(float x) {
    const auto b = std::bit_cast<uint32_t>(x);
    bits = std::isnan(x) ? uint16_t(0x7fff) : uint16_t((b + 0x7fff + (b >> 16 & 1)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(uint32_t(bits) << 16); }
};

template <class T, class Sum>
void add_as(const std::vector<const char*>& terms, size_t count, char* to) {
  for (size_t i = 0; i < count; ++i) {
    Sum sum = 0;
    for (const char* term : terms) sum += Sum(reinterpret_cast<const T*>(term)[i]);
    const T rounded = T(sum);
    std::memcpy(to + i * sizeof(T), &rounded, sizeof rounded);
  }
}

}  // namespace

size_t size_of(int type) {
  switch (type) {
    case ncclUint8:
      return 1;
    case ncclFloat16:
    case ncclBfloat16:
      return 2;
    case ncclFloat32:
      return 4;
    case ncclFloat64:
      return 8;
    default:
      return 0;
  }
}

bool can_sum(int type) { return size_of(type) > 1; }

void add_up(const std::vector<const char*>& terms, int type, size_t count, char* to) {
  if (type == ncclFloat16) return add_as<_Float16, float>(terms, count, to);
  if (type == ncclBfloat16) return add_as<Bfloat16, float>(terms, count, to);
  if (type == ncclFloat32) return add_as<float, float>(terms, count, to);
  return add_as<double, double>(terms, count, to);
}

}  // namespace cuda_model::nccl
