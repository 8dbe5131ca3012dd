// How the rows of a matrix are cut into chunks for sums over columns. The cut depends on the number
// of rows alone, so sums do not depend on the number of threads.
#pragma once
#include "kernels/launch_shapes.h"

namespace kernels {

struct ColumnChunks {
  int64_t rows_per_chunk, count;
};

constexpr ColumnChunks column_chunks(int64_t rows) {
  int64_t per_chunk = parts_of(rows, 512);
  if (per_chunk < 32) per_chunk = 32;
  return {per_chunk, parts_of(rows, per_chunk)};
}

// A tensor seen as a matrix: every dimension but the last is a row.
inline int64_t channels_of(const Shape& shape) { return shape.dim[shape.rank - 1]; }
inline int64_t rows_of(const Shape& shape) {
  int64_t rows = 1;
  for (int i = 0; i + 1 < shape.rank; ++i) rows *= shape.dim[i];
  return rows;
}

}  // namespace kernels
