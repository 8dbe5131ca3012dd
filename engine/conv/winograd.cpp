#include "engine/conv/winograd.h"

#include <algorithm>

#include "engine/base/error.h"

namespace engine {

const float* WinogradWeights::at(ConvPass pass, Tensor::Id weight, uint64_t version, size_t values,
                                 const std::function<void(float*)>& fill) {
  Entry& entry = entries_[int(pass)][weight];
  if (entry.version != version) {
    entry.values.resize(values);
    fill(entry.values.data());
    entry.version = version;
  }
  SSD_CHECK(entry.values.size() == values, "kept ", entry.values.size(),
            " transformed values of this weight, expected ", values);
  return entry.values.data();
}

bool winograd_pays(const ConvShape& s) {
  const bool forward = s.pass == ConvPass::forward;
  const int side = std::min(s.height, s.width), channels = std::min(s.in_channels, s.out_channels);
  const Bf16Products direct = s.dtype == DType::bf16 ? bf16_products() : Bf16Products::f32;
  if (direct == Bf16Products::amx) return false;
  if (direct == Bf16Products::avx512)
    return (side >= 32 && channels >= 128) || (!forward && side >= 16 && channels >= 256);
  return channels >= 64 && side >= (forward ? 16 : 10);
}

}  // namespace engine
