// The transforms of Winograd's F(4x4, 3x3) with the points 0, 1, -1, 2, -2 and infinity, for 16
// channels at a time.
#pragma once
#include <algorithm>
#include <cstring>

namespace engine::winograd {

constexpr int kLanes = 16, kIn = 6, kOut = 4, kTaps = 3, kPoints = kIn * kIn;

// 16 floats. The compiler splits them where registers are shorter.
using Lanes [[gnu::vector_size(kLanes * sizeof(float))]] = float;

// `count` channels, the first of the lanes; the others are 0.
inline void load(const float* from, int count, Lanes& v) {
  if (count == kLanes) {
    std::memcpy(&v, from, sizeof v);
    return;
  }
  v = Lanes{};
  std::memcpy(&v, from, size_t(count) * sizeof(float));
}

inline void store(const Lanes& v, int count, float* to) {
  if (count == kLanes)
    std::memcpy(to, &v, sizeof v);
  else
    std::memcpy(to, &v, size_t(count) * sizeof(float));
}

// The transforms of one row or column. `step` is the distance between its values.

// B^T d: 6 inputs.
inline void input_row(const Lanes* d, Lanes* v, int step) {
  const Lanes &d0 = d[0], &d1 = d[step], &d2 = d[2 * step], &d3 = d[3 * step], &d4 = d[4 * step],
              &d5 = d[5 * step];
  const Lanes even = d4 - 4.f * d2, odd = d3 - 4.f * d1, even2 = d4 - d2, odd2 = 2.f * (d3 - d1);
  const Lanes first = 4.f * d0 - 5.f * d2 + d4, last = 4.f * d1 - 5.f * d3 + d5;
  v[0] = first;
  v[step] = even + odd;
  v[2 * step] = even - odd;
  v[3 * step] = even2 + odd2;
  v[4 * step] = even2 - odd2;
  v[5 * step] = last;
}

// A^T m: 6 products to 4 outputs.
inline void output_row(const Lanes* m, int step, Lanes* y, int y_step) {
  const Lanes &m1 = m[step], &m2 = m[2 * step], &m3 = m[3 * step], &m4 = m[4 * step];
  const Lanes sum = m1 + m2, difference = m1 - m2, sum2 = m3 + m4, difference2 = m3 - m4;
  y[0] = m[0] + sum + sum2;
  y[y_step] = difference + 2.f * difference2;
  y[2 * y_step] = sum + 4.f * sum2;
  y[3 * y_step] = difference + 8.f * difference2 + m[5 * step];
}

// G g: 3 weights.
inline void weight_row(const Lanes* g, int step, Lanes* u, int u_step) {
  const Lanes &g0 = g[0], &g1 = g[step], &g2 = g[2 * step];
  const Lanes ends = (g0 + g2) * (-1.f / 6), middle = g1 * (1.f / 6);
  const Lanes ends2 = g0 * (1.f / 24) + g2 * (1.f / 6), middle2 = g1 * (1.f / 12);
  u[0] = g0 * (1.f / 4);
  u[u_step] = ends - middle;
  u[2 * u_step] = ends + middle;
  u[3 * u_step] = ends2 + middle2;
  u[4 * u_step] = ends2 - middle2;
  u[5 * u_step] = g2;
}

// The transforms of whole tiles, row by row in memory.

inline void input_tile(Lanes (&tile)[kPoints]) {
  for (int row = 0; row < kIn; ++row) input_row(tile + row * kIn, tile + row * kIn, 1);
  for (int column = 0; column < kIn; ++column) input_row(tile + column, tile + column, kIn);
}

inline void output_tile(const Lanes (&products)[kPoints], Lanes (&y)[kOut * kOut]) {
  Lanes half[kOut * kIn];
  for (int column = 0; column < kIn; ++column)
    output_row(products + column, kIn, half + column, kIn);
  for (int row = 0; row < kOut; ++row) output_row(half + row * kIn, 1, y + row * kOut, 1);
}

inline void weight_tile(const Lanes (&g)[kTaps * kTaps], Lanes (&u)[kPoints]) {
  Lanes half[kIn * kTaps];
  for (int column = 0; column < kTaps; ++column)
    weight_row(g + column, kTaps, half + column, kTaps);
  for (int row = 0; row < kIn; ++row) weight_row(half + row * kTaps, 1, u + row * kIn, 1);
}

}  // namespace engine::winograd
