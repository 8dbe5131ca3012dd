// The base of kernels of rows() that read x and, if kResidual, a residual of the same shape.
// Included by .cu files only.
#pragma once
#include "kernels/simt_columns.h"

namespace kernels {

template <class T, int V> struct ResidualPacks { Pack<T, V> x, residual; };

// Such a kernel is derived from it.
template <class T, bool kResidual> struct ResidualRows {
  const T *x, *residual;
  int channels;

  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> HD ResidualPacks<T, V> read(int64_t row, int c) const {
    ResidualPacks<T, V> in;
    in.x = load<V>(x + row + c);
    if constexpr (kResidual) in.residual = load<V>(residual + row + c);
    return in;
  }
};

}  // namespace kernels
