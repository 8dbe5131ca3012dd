#include "tests/cuda_model/cudnn/values.h"

#include <bit>

#include "kernels/view.h"

namespace cuda_model::cudnn {
namespace {

// Calls work(index in Values, offset in memory) for every value.
template <class Work> void each(const Tensor& t, Work work) {
  const auto &d = t.dims, &s = t.strides;
  size_t i = 0;
  for (int64_t n = 0; n < d[0]; ++n)
    for (int64_t h = 0; h < d[2]; ++h)
      for (int64_t w = 0; w < d[3]; ++w) {
        const int64_t pixel = n * s[0] + h * s[2] + w * s[3];
        for (int64_t c = 0; c < d[1]; ++c) work(i++, pixel + c * s[1]);
      }
}

template <class Work> auto by_type(cudnnDataType_t type, Work work) {
  if (type == CUDNN_DATA_HALF) return work(kernels::f16{});
  if (type == CUDNN_DATA_BFLOAT16) return work(kernels::bf16{});
  return work(0.0f);
}

}  // namespace

Values load(const Tensor& t, const void* memory) {
  Values values(size_t(t.size()));
  by_type(t.type, [&](auto kind) {
    auto* from = static_cast<const decltype(kind)*>(memory);
    each(t, [&](size_t i, int64_t offset) { values[i] = float(from[offset]); });
  });
  return values;
}

void store(const Tensor& t, const Values& values, void* memory) {
  by_type(t.type, [&](auto kind) {
    using T = decltype(kind);
    auto* to = static_cast<T*>(memory);
    each(t, [&](size_t i, int64_t offset) { to[offset] = T(values[i]); });
  });
}

void round_to(cudnnDataType_t type, Values& values) {
  if (type == CUDNN_DATA_FLOAT) return;
  by_type(type, [&](auto kind) {
    for (float& v : values) v = float(decltype(kind)(v));
  });
}

void round_to_tf32(Values& values) {
  for (float& v : values) {
    auto bits = std::bit_cast<uint32_t>(v);
    if ((bits & 0x7f800000) != 0x7f800000) bits += 0xfff + (bits >> 13 & 1);
    v = std::bit_cast<float>(bits & ~0x1fffu);
  }
}

}  // namespace cuda_model::cudnn
