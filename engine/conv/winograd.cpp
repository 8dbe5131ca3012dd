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
  return std::min(s.height, s.width) >= 10 && std::min(s.in_channels, s.out_channels) >= 64;
}

}  // namespace engine
