// A tensor of a graph with its memory, for tests that execute plans.
#pragma once
#include <bit>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/view.h"
#include "tests/cuda_model/cudnn_alone/cudnn_calls.h"

namespace tests {

using Doubles = std::vector<double>;

// A tensor with its memory. Values are in the order N, C, H, W.
class Operand {
 public:
  Operand(const CudnnCalls& calls, TensorOf t, unsigned seed)
      : of(std::move(t)), made(tensor(calls, of)) {
    if (of.strides.empty()) of.strides = nhwc(of.dims);
    size_t last = 0;
    for (size_t i = 0; i < 4; ++i) last += size_t((of.dims[i] - 1) * of.strides[i]);
    memory.resize(last + 1);
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> values(-1, 1);
    for (uint32_t& word : memory) put(&word, values(random));
  }
  void* data() { return half() ? static_cast<void*>(packed()) : memory.data(); }

  // In f32 each value is a word; half types are packed when they are asked for.
  Doubles values() {
    unpack();
    Doubles all;
    each([&](size_t offset) { all.push_back(get(memory[offset])); });
    return all;
  }
  void fill(float v) {
    for (uint32_t& word : memory) put(&word, v);
  }

  TensorOf of;
  Made made;

 private:
  bool half() const { return of.type != CUDNN_DATA_FLOAT; }
  template <class Work> void each(Work work) const {
    const Sizes &d = of.dims, &s = of.strides;
    for (int64_t n = 0; n < d[0]; ++n)
      for (int64_t c = 0; c < d[1]; ++c)
        for (int64_t h = 0; h < d[2]; ++h)
          for (int64_t w = 0; w < d[3]; ++w)
            work(size_t(n * s[0] + c * s[1] + h * s[2] + w * s[3]));
  }
  void put(uint32_t* word, float v) const {
    if (of.type == CUDNN_DATA_HALF) *word = kernels::f16(v).bits;
    if (of.type == CUDNN_DATA_BFLOAT16) *word = kernels::bf16(v).bits;
    if (of.type == CUDNN_DATA_FLOAT) std::memcpy(word, &v, 4);
  }
  double get(uint32_t word) const {
    float v = 0;
    if (of.type == CUDNN_DATA_FLOAT) std::memcpy(&v, &word, 4);
    const auto bits = uint16_t(word);
    if (of.type == CUDNN_DATA_HALF) v = std::bit_cast<kernels::f16>(bits);
    if (of.type == CUDNN_DATA_BFLOAT16) v = std::bit_cast<kernels::bf16>(bits);
    return double(v);
  }
  uint16_t* packed() {
    halves.assign(memory.begin(), memory.end());
    return halves.data();
  }
  void unpack() {
    if (half() && !halves.empty()) memory.assign(halves.begin(), halves.end());
  }

  std::vector<uint32_t> memory;
  std::vector<uint16_t> halves;
};

}  // namespace tests
