// The transforms of Winograd's F(4x4, 3x3) for 16 channels at a time. The points are 0, a, -a, b,
// -b and infinity with a = 5/8 and b = 3/2, which have a smaller rounding error than the usual 1
// and 2.
#pragma once
#include "engine/conv/winograd_lanes.h"

namespace engine::winograd {

constexpr int kIn = 6, kOut = 4, kTaps = 3, kPoints = kIn * kIn;

constexpr float kA = 0.625f, kB = 1.5f, kA2 = kA * kA, kB2 = kB * kB;
constexpr float kOfZero = 1 / (kA2 * kB2), kOfA = 1 / (2 * kA2 * (kA2 - kB2)),
                kOfB = 1 / (2 * kB2 * (kB2 - kA2));

// The transforms of one row or column. `step` is the distance between its values. The factors in
// the sum for a point are the coefficients of a polynomial: the product of x - p over all other
// points p.

// B^T d: 6 inputs.
inline void input_row(const Lanes* d, Lanes* v, int step) {
  const Lanes &d0 = d[0], &d1 = d[step], &d2 = d[2 * step], &d3 = d[3 * step], &d4 = d[4 * step],
              &d5 = d[5 * step];
  const Lanes even_a = d4 - kB2 * d2, odd_a = kA * (d3 - kB2 * d1);
  const Lanes even_b = d4 - kA2 * d2, odd_b = kB * (d3 - kA2 * d1);
  const Lanes zero = kA2 * kB2 * d0 - (kA2 + kB2) * d2 + d4;
  const Lanes infinity = kA2 * kB2 * d1 - (kA2 + kB2) * d3 + d5;
  v[0] = zero;
  v[step] = even_a + odd_a;
  v[2 * step] = even_a - odd_a;
  v[3 * step] = even_b + odd_b;
  v[4 * step] = even_b - odd_b;
  v[5 * step] = infinity;
}

// A^T m: 6 products to 4 outputs.
inline void output_row(const Lanes* m, int step, Lanes* y, int y_step) {
  const Lanes &m1 = m[step], &m2 = m[2 * step], &m3 = m[3 * step], &m4 = m[4 * step];
  const Lanes sum_a = m1 + m2, difference_a = m1 - m2, sum_b = m3 + m4, difference_b = m3 - m4;
  y[0] = m[0] + sum_a + sum_b;
  y[y_step] = kA * difference_a + kB * difference_b;
  y[2 * y_step] = kA2 * sum_a + kB2 * sum_b;
  y[3 * y_step] = kA * kA2 * difference_a + kB * kB2 * difference_b + m[5 * step];
}

// G g: 3 weights.
inline void weight_row(const Lanes* g, int step, Lanes* u, int u_step) {
  const Lanes &g0 = g[0], &g1 = g[step], &g2 = g[2 * step];
  const Lanes even_a = kOfA * g0 + kOfA * kA2 * g2, odd_a = kOfA * kA * g1;
  const Lanes even_b = kOfB * g0 + kOfB * kB2 * g2, odd_b = kOfB * kB * g1;
  u[0] = kOfZero * g0;
  u[u_step] = even_a + odd_a;
  u[2 * u_step] = even_a - odd_a;
  u[3 * u_step] = even_b + odd_b;
  u[4 * u_step] = even_b - odd_b;
  u[5 * u_step] = g2;
}

// The adjoints of the transforms of outputs and weights, for the gradient of the weight.

// A g: 4 gradients of outputs.
inline void grad_output_row(const Lanes* g, int step, Lanes* v, int v_step) {
  const Lanes &g0 = g[0], &g1 = g[step], &g2 = g[2 * step], &g3 = g[3 * step];
  const Lanes even_a = g0 + kA2 * g2, odd_a = kA * g1 + kA * kA2 * g3;
  const Lanes even_b = g0 + kB2 * g2, odd_b = kB * g1 + kB * kB2 * g3;
  v[0] = g0;
  v[v_step] = even_a + odd_a;
  v[2 * v_step] = even_a - odd_a;
  v[3 * v_step] = even_b + odd_b;
  v[4 * v_step] = even_b - odd_b;
  v[5 * v_step] = g3;
}

// G^T u: 6 sums of products to the gradients of 3 weights.
inline void grad_weight_row(const Lanes* u, int step, Lanes* g, int g_step) {
  const Lanes &u1 = u[step], &u2 = u[2 * step], &u3 = u[3 * step], &u4 = u[4 * step];
  const Lanes sum_a = kOfA * (u1 + u2), sum_b = kOfB * (u3 + u4);
  const Lanes difference_a = kOfA * (u1 - u2), difference_b = kOfB * (u3 - u4);
  g[0] = kOfZero * u[0] + sum_a + sum_b;
  g[g_step] = kA * difference_a + kB * difference_b;
  g[2 * g_step] = kA2 * sum_a + kB2 * sum_b + u[5 * step];
}

// Stores `count` channels of all points; `step` floats lie between two points. If the compiler
// knows the count, each load or store is one instruction.
inline void store_points(const Lanes (&points)[kPoints], int count, float* to, size_t step) {
  if (count == kLanes)
    for (int p = 0; p < kPoints; ++p) store(points[p], kLanes, to + p * step);
  else
    for (int p = 0; p < kPoints; ++p) store(points[p], count, to + p * step);
}

inline void load_points(const float* from, size_t step, int count, Lanes (&points)[kPoints]) {
  if (count == kLanes)
    for (int p = 0; p < kPoints; ++p) load(from + p * step, kLanes, points[p]);
  else
    for (int p = 0; p < kPoints; ++p) load(from + p * step, count, points[p]);
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

inline void grad_output_tile(const Lanes (&dy)[kOut * kOut], Lanes (&v)[kPoints]) {
  Lanes half[kIn * kOut];
  for (int column = 0; column < kOut; ++column)
    grad_output_row(dy + column, kOut, half + column, kOut);
  for (int row = 0; row < kIn; ++row) grad_output_row(half + row * kOut, 1, v + row * kIn, 1);
}

inline void grad_weight_tile(const Lanes (&u)[kPoints], Lanes (&g)[kTaps * kTaps]) {
  Lanes half[kTaps * kIn];
  for (int column = 0; column < kIn; ++column) grad_weight_row(u + column, kIn, half + column, kIn);
  for (int row = 0; row < kTaps; ++row) grad_weight_row(half + row * kIn, 1, g + row * kTaps, 1);
}

}  // namespace engine::winograd
