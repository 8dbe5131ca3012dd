// The arithmetic of launches: how many blocks cover n elements, and on which elements a thread of a
// block works. The functions take numbers only, so tests can try every size without a GPU.
#pragma once
#include "kernels/view.h"

namespace kernels {

constexpr int64_t kMostBlocks = INT32_MAX;  // of a CUDA grid's first dimension
constexpr int kFlatThreads = 256;           // per block of map() and each()
constexpr int kMatrixThreads = 256;         // per block of rows() and column_sums()
constexpr int64_t kEnoughBlocks = 2048;     // several times what a large GPU runs at once
constexpr int kAccessBytes = 16;            // the widest access of one thread

// How many parts of `size` cover n.
HD constexpr int64_t parts_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

// Elements per access, if the widest type has that many bytes.
HD constexpr int pack_width(size_t widest) { return int(kAccessBytes / widest); }

// map(): a thread owns `pack` neighbours, of which those below n exist.
HD constexpr int64_t map_blocks(int64_t n, int pack) {
  return parts_of(n, int64_t(kFlatThreads) * pack);
}
HD constexpr int64_t map_first(unsigned block, unsigned thread, int pack) {
  return (int64_t(block) * kFlatThreads + thread) * pack;
}

// each(): kernels take an int, which bounds n.
constexpr int64_t kMostIndices = INT32_MAX;
HD constexpr int64_t each_blocks(int64_t n) { return parts_of(n, kFlatThreads); }
HD constexpr int64_t each_index(unsigned block, unsigned thread) {
  return int64_t(block) * kFlatThreads + thread;
}

// rows() and column_sums(): the widest of the packs `wide` (a power of two), 2 and 1 that divides
// the number of channels. Each row then starts at a multiple of the pack.
HD constexpr int column_pack(int64_t channels, int wide) {
  return channels % wide == 0 ? wide : wide > 2 && channels % 2 == 0 ? 2 : 1;
}

// Indices are ints; half of their range leaves room to step past the end.
constexpr int64_t kMostRows = INT32_MAX / 2;

// Part number `part` of n rows, in parts of `per_part` rows: the rows first .. end - 1.
struct RowSpan {
  int first, end;
};
HD constexpr RowSpan row_span(int part, int per_part, int n) {
  int first = part * per_part;
  return {first, n < first + per_part ? n : first + per_part};
}

// The threads of a block as a matrix. A row of threads takes `groups` packs of channels, which lie
// beside each other. Blocks are numbered by their part of the rows, then by their columns.
struct ThreadGrid {
  int groups, column_blocks;
  constexpr ThreadGrid(int64_t channels, int pack, int most) : groups(1), column_blocks(0) {
    while (groups < channels / pack && groups < most) groups *= 2;
    column_blocks = int(parts_of(channels, int64_t(groups) * pack));
  }
  HD constexpr int rows() const { return kMatrixThreads / groups; }
  HD constexpr int row(int thread) const { return thread / groups; }
  HD constexpr int part(int block) const { return block / column_blocks; }
  HD constexpr int first_column(int block, int pack) const {
    return block % column_blocks * groups * pack;
  }
  HD constexpr int column(int block, int thread, int pack) const {
    return first_column(block, pack) + thread % groups * pack;
  }
  // The rows that a block of rows() takes: 8 to 32 per thread, which loads the constants of its
  // channels once. They are more than 8 per thread only if enough blocks are left then.
  constexpr int rows_per_block(int64_t n) const {
    int each = 8;
    while (each < 32 && parts_of(n, 2 * each * rows()) * column_blocks >= kEnoughBlocks) each *= 2;
    return each * rows();
  }
  constexpr int64_t row_blocks(int64_t n) const {
    return parts_of(n, rows_per_block(n)) * column_blocks;
  }
};
constexpr int kMostGroups = 32;
constexpr int kMostGroupsOfOneChunk = 4;  // all rows in one chunk: more threads along the rows

struct ColumnShape {
  int64_t rows, channels, rows_per_chunk;
  constexpr int64_t chunks() const { return rows ? parts_of(rows, rows_per_chunk) : 1; }
  constexpr ThreadGrid grid(int pack) const {
    return {channels, pack, chunks() == 1 ? kMostGroupsOfOneChunk : kMostGroups};
  }
};

}  // namespace kernels
