// Per-image sums from the sums of an image's chunks. Included by .cu files only.
#pragma once
#include "kernels/simt.h"

namespace kernels {

template <class A> struct ChunkSums {  // one block per image
  const A* partial;
  int chunks;
  A* sum;

  template <class Block> HD void operator()(Block block) const {
    const A* from = partial + block.index * chunks;
    A total = block.reduce(chunks, A(0), Sum{}, [&](int i) { return from[i]; });
    block.once([&] { sum[block.index] = total; });
  }
};

}  // namespace kernels
