// Sums over whole buffers: the losses' normaliser, the regularisation loss, gradient norms.
#pragma once
#include <limits>

#include "kernels/queue.h"
#include "kernels/view.h"

namespace kernels {

// y = max(scale * sum, floor), where the sum is over x or over its squares.
struct FlatSum {
  View x;        // any floating dtype and shape
  View partial;  // workspace: [flat_sum_partials(x.shape.size())] f64
  double scale = 1, floor = -std::numeric_limits<double>::infinity();
  bool squares = false;
};

int64_t flat_sum_partials(int64_t size);

// Writes y, one element of f32 or f64. The order of additions depends on the size alone.
void flat_sum(Queue, const FlatSum&, View y);

}  // namespace kernels
