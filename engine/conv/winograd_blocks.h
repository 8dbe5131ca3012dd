// How the tiles of a Winograd convolution are divided among threads and products of matrices.
#pragma once
#include <algorithm>
#include <numeric>

#include "engine/conv/winograd_maps.h"

namespace engine::winograd {

// The tiles that are computed at a time. For each point, the transformed tiles are a matrix [rows,
// channels] with a row for each tile. A cache line between two matrices keeps them from falling on
// the same cache sets.
//
// If all tiles fit into one block, the threads share it. Each multiplies the matrices of other
// points, and so reads only its part of the weights. Otherwise each thread computes blocks of its
// own, and what it has transformed stays in its core's cache.
struct Block {
  // oneDNN sums the rows of a product in one order only if there are enough of them, and a multiple
  // of what its kernels take at a time. Otherwise an image's bits would depend on how many images
  // there are. (Seen in 2.6.3: with AVX-512 fewer than 16 rows of transposed weights differ, with
  // AVX2 the last rows if 1 to 3 are left of a division by 6.)
  static constexpr int kLeast = 18, kMultiple = 6;
  // Tiles per thread. Its products then take about as much memory as a core's cache has.
  static constexpr int kMost = 66;

  bool shared;
  int tiles, chunks = 1;     // chunks: of the rows, for one product each
  size_t step_in, step_out;  // floats between two matrices

  Block(const Maps& m, int threads) : shared(m.tiles() <= int64_t(kMost) * threads) {
    const int64_t blocks =
        shared ? 1 : (m.tiles() + kMost * threads - 1) / (kMost * threads) * threads;
    tiles = int((m.tiles() + blocks - 1) / blocks);
    step_in = size_t(rows(tiles)) * m.from + kLanes;
    step_out = size_t(rows(tiles)) * m.to + kLanes;
    // With this number of chunks every thread gets the same number of products.
    if (shared) chunks = std::clamp(threads / std::gcd(threads, kPoints), 1, rows(tiles) / kLeast);
  }
  size_t floats() const { return kPoints * (step_in + step_out); }
  // The first row of a chunk of a full block. That of `chunks` is the end.
  int first_row(int chunk) const { return rows(tiles) / kMultiple * chunk / chunks * kMultiple; }

  static int rows(int tiles) {
    return std::max(kLeast, (tiles + kMultiple - 1) / kMultiple * kMultiple);
  }
};

}  // namespace engine::winograd
