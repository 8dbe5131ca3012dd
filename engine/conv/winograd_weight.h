// The transforms of a weight, for the forward pass and for the gradient of the input. Each gives a
// matrix for every point. The rows of a matrix are the channels that the product sums over.
#pragma once
#include <algorithm>
#include <cstring>

#include "engine/conv/shape.h"
#include "engine/conv/winograd_tile.h"

namespace engine::winograd {

constexpr int kKernel = kTaps * kTaps;

// Floats between the matrices [from, to] of two points, with a cache line between them.
inline size_t weight_step(const ConvShape& s) {
  return size_t(s.out_channels) * s.in_channels + kLanes;
}

inline void store_weights(const ConvShape& s, const Lanes (&kernel)[kKernel], int lanes,
                          float* to) {
  Lanes points[kPoints];
  weight_tile(kernel, points);
  store_points(points, lanes, to, weight_step(s));
}

// [out][3][3][in] to [point][in][out], 16 x 16 channels.
template <class T>
void transform_weight_block(const ConvShape& s, const T* w, int out, int in, float* u) {
  const int outs = std::min(kLanes, s.out_channels - out);
  const int ins = std::min(kLanes, s.in_channels - in);
  float turned[kLanes][kKernel][kLanes] = {};  // [in][tap][out]
  for (int o = 0; o < outs; ++o)
    for (int tap = 0; tap < kKernel; ++tap) {
      Lanes row;
      load(w + (size_t(out + o) * kKernel + tap) * s.in_channels + in, ins, row);
      for (int i = 0; i < ins; ++i) turned[i][tap][o] = row[i];
    }
  for (int i = 0; i < ins; ++i) {
    Lanes kernel[kKernel];
    std::memcpy(kernel, turned[i], sizeof kernel);
    store_weights(s, kernel, outs, u + size_t(in + i) * s.out_channels + out);
  }
}

template <class T> void transform_weight(const ConvShape& s, const T* w, float* u) {
#pragma omp parallel for collapse(2) schedule(static)
  for (int out = 0; out < s.out_channels; out += kLanes)
    for (int in = 0; in < s.in_channels; in += kLanes) transform_weight_block(s, w, out, in, u);
}

// The gradient of the input wants the kernel turned around: [out][3][3][in] to [point][out][in].
template <class T> void transform_turned_weight(const ConvShape& s, const T* w, float* u) {
#pragma omp parallel for schedule(static)
  for (int out = 0; out < s.out_channels; ++out)
    for (int in = 0; in < s.in_channels; in += kLanes) {
      Lanes kernel[kKernel];
      const int lanes = std::min(kLanes, s.in_channels - in);
      for (int tap = 0; tap < kKernel; ++tap)
        load(w + (size_t(out + 1) * kKernel - 1 - tap) * s.in_channels + in, lanes, kernel[tap]);
      store_weights(s, kernel, lanes, u + size_t(out) * s.in_channels + in);
    }
}

}  // namespace engine::winograd
