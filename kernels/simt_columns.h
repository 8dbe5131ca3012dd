// Runs kernels over matrices [rows, channels], such as NHWC activations, as simt.h does over flat
// arrays. Included by .cu files only.
//
//   rows<T>(queue, n, channels, kernel)   every element, with constants per channel
//   column_sums<T>(queue, shape, kernel)  sums over rows, in chunks fixed by the shape
//
// T is the widest type that the kernel loads or stores per element. On a GPU a thread owns V
// neighbouring channels (16 bytes of T where the channel count allows) and walks over rows; on the
// host a row is one vectorised loop (except with SSD_HOST_PACKS).
#pragma once
#include "kernels/simt.h"

namespace kernels {

struct Nothing {};  // channel<V>() returns this in kernels that need no constants

// Values of neighbouring channels.
template <class A, int V> struct Channels { A at[V]; };

// Loads those from c on, with up to 16 bytes per access.
template <int V, class A> HD Channels<A, V> channels_at(const A* from, int c) {
  constexpr int kPiece = std::min(V, pack_width(sizeof(A)));
  Channels<A, V> v;
  UNROLL(8)
  for (int k = 0; k < V; k += kPiece) {
    Pack<A, kPiece> piece = load<kPiece>(from + c + k);
    UNROLL(8)
    for (int i = 0; i < kPiece; ++i) v.at[k + i] = piece.at[i];
  }
  return v;
}

// Calls f<V>() with V = column_pack(channels), where T is the widest type.
template <class T, class F> void with_pack(int64_t channels, const F& f) {
  constexpr int kWide = pack_width(sizeof(T));
  const int pack = column_pack(channels, kWide);
  if (pack == kWide) return f.template operator()<kWide>();
  if constexpr (kWide > 2) {
    if (pack == 2) return f.template operator()<2>();
  }
  f.template operator()<1>();
}

// Whether a kernel of rows() has two halves, read() and write().
template <class K, int V>
concept Halved = requires(const K& kernel, int c) {
  kernel.template read<V>(kernel.row(0), c);
};

template <int V, class K, class Constants, class Row>
HD void apply_one(const K& kernel, const Constants& constants, const Row& row, int c) {
  if constexpr (Halved<K, V>)
    kernel.template write<V>(constants, kernel.template read<V>(row, c), row, c);
  else
    kernel.template apply<V>(constants, row, c);
}

template <int V, class K> struct RowsBlock {
  static constexpr int kAhead = Halved<K, V> ? 4 : 1;  // rows that a thread reads at a time
  K kernel;
  int n, channels, rows_per_block;
  ThreadGrid grid;
  template <class Block> HD void operator()(Block block) const {
    RowSpan span = row_span(grid.part(int(block.index)), rows_per_block, n);
    block.each(kMatrixThreads, [&](int thread) {
      int c = grid.column(int(block.index), thread, V);
      if (c >= channels) return;
      auto constants = kernel.template channel<V>(c);
      const int step = grid.rows();
      int r = span.first + grid.row(thread);
      if constexpr (kAhead > 1)
        for (; r + (kAhead - 1) * step < span.end; r += kAhead * step)
          apply_several(constants, r, step, c);
      UNROLL(1)
      for (; r < span.end; r += step) apply_one<V>(kernel, constants, kernel.row(r), c);
    });
  }
  template <class Constants>
  HD void apply_several(const Constants& constants, int r, int step, int c) const {
    decltype(kernel.template read<V>(kernel.row(0), c)) in[kAhead];
    UNROLL(4)
    for (int k = 0; k < kAhead; ++k) in[k] = kernel.template read<V>(kernel.row(r + k * step), c);
    UNROLL(4)
    for (int k = 0; k < kAhead; ++k)
      kernel.template write<V>(constants, in[k], kernel.row(r + k * step), c);
  }
};

template <class K, class Row> HD void apply_on_host(const K& kernel, const Row& row, int c) {
  apply_one<1>(kernel, kernel.template channel<1>(c), row, c);
}

// Calls kernel.apply<V>(kernel.channel<V>(c), kernel.row(r), c), which works on the channels c .. c
// + V - 1 of row r, for all rows and all channels, in any order. A kernel that only waits for
// memory has this in two halves: kernel.write<V>(constants, kernel.read<V>(row, c), row, c). On a
// GPU a thread then reads several rows before it writes the first. A compiler would not do so,
// since a row might be written where another is read. So write() may only overwrite what the same
// call's read() has read.
template <class T, class K> void rows(Queue q, int64_t n, int64_t channels, const K& kernel) {
  if (n == 0 || channels == 0 || q.plan) return;
  if (std::max(n, channels) > kMostRows)
    throw std::length_error("kernel " + kernel_name(spelled<K>()) + ": more than 2^30 rows");
#ifdef PACKS
  if (q.gpu || kHostPacks)
    return with_pack<T>(channels, [&]<int V>() {
      ThreadGrid grid(channels, V, kMostGroups);
      RowsBlock<V, K> block{kernel, int(n), int(channels), grid.rows_per_block(n), grid};
      blocks<kMatrixThreads>(q, grid.row_blocks(n), block);
    });
#endif
  split(q, n, n * channels < 16384, [&, channels = int(channels)](int64_t begin, int64_t end) {
    const K local = kernel;  // a copy that stores cannot reach, so it stays in registers
    for (int r = int(begin); r < int(end); ++r) {
      auto row = local.row(r);
#pragma omp simd
      for (int c = 0; c < channels; ++c) apply_on_host(local, row, c);
    }
  });
}

template <int V, class K> struct ColumnSumsBlock {
  K kernel;
  int n, channels, rows_per_chunk;
  ThreadGrid grid;
  template <class Block> HD void operator()(Block block) const {
    using Total = typename K::Total;
    // [sum][channel of the pack][thread]
    SHARED Shared<Total, K::kSums * V * kMatrixThreads> shared;
    const int index = int(block.index);
    int chunk = grid.part(index), c0 = grid.first_column(index, V);
    RowSpan span = row_span(chunk, rows_per_chunk, n);
    block.each(kMatrixThreads, [&](int thread) {
      Total sum[K::kSums][V] = {};
      if (int c = grid.column(index, thread, V); c < channels) {
        auto constants = kernel.template channel<V>(span.first, c);
        UNROLL(4)
        for (int r = span.first + grid.row(thread); r < span.end; r += grid.rows())
          kernel.template add<V>(constants, r, c, sum);
      }
      UNROLL(32)
      for (int j = 0; j < K::kSums * V; ++j)
        shared[j * kMatrixThreads + thread] = sum[j / V][j % V];
    });
    block.each(grid.groups * V, [&](int i) {
      if (c0 + i >= channels) return;
      Total total[K::kSums] = {};
      for (int j = 0; j < K::kSums; ++j)
        for (int t = i / V; t < kMatrixThreads; t += grid.groups)
          total[j] += shared[(j * V + i % V) * kMatrixThreads + t];
      kernel.finish(chunk, c0 + i, total);
    });
  }
};

// Host: kRows rows from r of channel c, added to sum[..][i].
template <int kRows, int kTile, class K>
HD void add_one(const K& kernel, int first, int r, int c, typename K::Total (&sum)[K::kSums][kTile],
                int i) {
  auto constants = kernel.template channel<1>(first, c);
  typename K::Total part[K::kSums][1] = {};
  UNROLL(4)
  for (int k = 0; k < kRows; ++k) kernel.template add<1>(constants, r + k, c, part);
  UNROLL(8)
  for (int j = 0; j < K::kSums; ++j) sum[j][i] += part[j][0];
}

// Host: sums rows first .. end - 1 of channels c0 .. c0 + n - 1. It takes four rows at a time, so
// that the sums are loaded and stored less often.
template <int kTile, class K>
void host_column_sums(const K kernel, int chunk, int first, int end, int c0, int n) {
  using Total = typename K::Total;
  Total sum[K::kSums][kTile];
  for (auto& s : sum) std::fill(s, s + n, Total(0));
  auto add_rows = [&]<int kRows>(int r) {
#pragma omp simd
    for (int i = 0; i < n; ++i) add_one<kRows>(kernel, first, r, c0 + i, sum, i);
  };
  int r = first;
  for (; r + 4 <= end; r += 4) add_rows.template operator()<4>(r);
  for (; r < end; ++r) add_rows.template operator()<1>(r);
  for (int i = 0; i < n; ++i) {
    Total total[K::kSums];
    for (int j = 0; j < K::kSums; ++j) total[j] = sum[j][i];
    kernel.finish(chunk, c0 + i, total);
  }
}

// For every chunk of rows (one empty chunk if there are none) and every channel c, adds up what
// kernel.add<V>(kernel.channel<V>(first row of the chunk, c), row, c, sums) puts into `sums`, then
// calls kernel.finish(chunk, c, totals). There are K::kSums totals, of the type K::Total.
template <class T, class K> void column_sums(Queue q, ColumnShape shape, const K& kernel) {
  int64_t n = shape.rows, channels = shape.channels, chunks = shape.chunks();
  if (channels == 0 || q.plan) return;
  if (std::max(n + shape.rows_per_chunk, channels) > kMostRows)
    throw std::length_error("kernel " + kernel_name(spelled<K>()) + ": more than 2^30 rows");
  const int per_chunk = int(shape.rows_per_chunk);
#ifdef PACKS
  if (q.gpu || kHostPacks)
    return with_pack<T>(channels, [&]<int V>() {
      ThreadGrid grid = shape.grid(V);
      ColumnSumsBlock<V, K> block{kernel, int(n), int(channels), per_chunk, grid};
      blocks<kMatrixThreads>(q, chunks * grid.column_blocks, block);
    });
#endif
  constexpr int kTile = 1024;
  int64_t tile = chunks == 1 ? 128 : kTile, tiles = (channels + tile - 1) / tile;
  split(q, chunks * tiles, n * channels < 16384, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      int chunk = int(task / tiles), c0 = int(task % tiles * tile), first = chunk * per_chunk;
      int stop = int(std::min<int64_t>(n, first + per_chunk));
      host_column_sums<kTile>(kernel, chunk, first, stop, c0, int(std::min(tile, channels - c0)));
    }
  });
}

}  // namespace kernels
