// Every element of a launch is worked on exactly once, and grids stay within CUDA's limits.
#include "kernels/launch_shapes.h"
#include "tests/support/catch.h"

#include <vector>

#include "kernels/column_chunks.h"
#include "kernels/simt.h"

using namespace kernels;

namespace {

constexpr int64_t kHuge = int64_t(1) << 31;
const std::vector<int64_t> kSmall{0, 1, 2, 3, 7, 31, 255, 256, 257, 2047, 2048, 2049, 65537};
// Primes and neighbours of powers of two, up to beyond what fits an int, and an unsigned.
const std::vector<int64_t> kLarge{1000003,   16777259,      419430400,     2147483629,
                                  kHuge - 1, kHuge,         kHuge + 1,     2 * kHuge - 1,
                                  2 * kHuge, 2 * kHuge + 1, 3 * kHuge + 5, 8 * kHuge + 11};

// Runs of elements that follow each other without gap, starting at 0.
void check_last(int64_t n, int64_t blocks, int64_t per_thread,
                int64_t (*first)(unsigned, unsigned, int)) {
  REQUIRE(blocks <= kMostBlocks);
  const int pack = int(per_thread);
  for (int64_t block : {int64_t(0), blocks / 3, blocks / 2, blocks - 1}) {
    const auto b = unsigned(block);
    CHECK(first(b, 1, pack) == first(b, 0, pack) + pack);
    CHECK(first(b, kFlatThreads - 1, pack) == first(b, 0, pack) + pack * (kFlatThreads - 1));
    CHECK(first(b + 1, 0, pack) == first(b, kFlatThreads - 1, pack) + pack);
  }
  CHECK(first(0, 0, pack) == 0);
  CHECK(first(unsigned(blocks - 1), 0, pack) < n);  // the last block has work
  CHECK(first(unsigned(blocks - 1), kFlatThreads - 1, pack) + pack >= n);  // and reaches the end
}

}  // namespace

TEST_CASE("map and each: every element once") {
  for (int pack : {1, 2, 4, 8, 16})
    for (int64_t n : kSmall) {
      std::vector<int> times(size_t(n), 0);
      for (unsigned b = 0; b < map_blocks(n, pack); ++b)
        for (unsigned t = 0; t < kFlatThreads; ++t) {
          const int64_t first = map_first(b, t, pack);
          CHECK_FALSE(first % pack);  // whole packs lie at multiples of their size
          for (int64_t i = first; i < std::min(first + pack, n); ++i) ++times[size_t(i)];
        }
      CHECK(std::count(times.begin(), times.end(), 1) == n);
    }
  for (int64_t n : kSmall) {
    std::vector<int> times(size_t(n), 0);
    for (unsigned b = 0; b < each_blocks(n); ++b)
      for (unsigned t = 0; t < kFlatThreads; ++t)
        if (int64_t i = each_index(b, t); i < n) ++times[size_t(i)];
    CHECK(std::count(times.begin(), times.end(), 1) == n);
  }
}

TEST_CASE("map and each: sizes beyond an int") {
  for (int64_t n : kLarge) {
    CAPTURE(n);
    for (int pack : {1, 2, 4, 8, 16}) check_last(n, map_blocks(n, pack), pack, map_first);
    if (n <= kMostIndices)
      check_last(n, each_blocks(n), 1,
                 [](unsigned b, unsigned t, int) { return each_index(b, t); });
  }
}

TEST_CASE("packs are aligned and divide the channels") {
  static_assert(pack_width(1) == 16 && pack_width(2) == 8 && pack_width(4) == 4);
  static_assert(pack_width(8) == 2 && pack_width(16) == 1);
  for (size_t size : {1, 2, 4, 8, 16})
    for (int64_t channels : {1, 2, 3, 4, 6, 8, 12, 24, 36, 63, 64, 91, 546, 1023, 2048}) {
      const int wide = pack_width(size), pack = column_pack(channels, wide);
      CAPTURE(size, channels);
      CHECK(channels % pack == 0);
      CHECK((pack == wide || channels % wide != 0));
      CHECK(size_t(pack) * size <= kAccessBytes);
      CHECK((channels * int64_t(size)) % (pack * int64_t(size)) == 0);  // of every row's start
    }
}

TEST_CASE("rows: every row and channel once") {
  for (int most : {kMostGroupsOfOneChunk, kMostGroups})
    for (int64_t channels : {1, 3, 8, 24, 130, 546})
      for (int64_t n : {1, 5, 63, 64, 65, 257, 2048}) {
        const int pack = column_pack(channels, 8);
        const ThreadGrid grid(channels, pack, most);
        std::vector<int> times(size_t(n * channels), 0);
        for (int64_t block = 0; block < grid.row_blocks(n); ++block) {
          const int b = int(block);
          const RowSpan span = row_span(grid.part(b), grid.rows_per_block(n), int(n));
          for (int thread = 0; thread < kMatrixThreads; ++thread)
            if (int c = grid.column(b, thread, pack); c < channels)
              for (int r = span.first + grid.row(thread); r < span.end; r += grid.rows())
                for (int k = 0; k < pack; ++k) ++times[size_t(r * channels + c + k)];
        }
        CAPTURE(most, channels, n);
        CHECK(std::count(times.begin(), times.end(), 1) == n * channels);
      }
}

TEST_CASE("rows: as many as an index holds") {
  for (int64_t channels : {1, 2, 3, 64, 546, 2048, 1 << 20}) {
    const int64_t n = kMostRows;
    const int pack = column_pack(channels, 8);
    const ThreadGrid grid(channels, pack, kMostGroups);
    const int64_t blocks = grid.row_blocks(n);
    CAPTURE(channels, blocks);
    if (blocks > kMostBlocks) {  // blocks have no numbers then
      CHECK_THROWS(grid_of(blocks, spelled<Sum>()));
      continue;
    }
    const int block = int(blocks - 1), per_block = grid.rows_per_block(n);
    const RowSpan last = row_span(grid.part(block), per_block, int(n));
    CHECK(last.first < last.end);
    CHECK(last.end == n);
    CHECK(last.end + int64_t(per_block) <= INT32_MAX);
    CHECK(grid.column(block, kMatrixThreads - 1, pack) + pack >= channels);
    const RowSpan before = row_span(grid.part(block) - 1, per_block, int(n));
    CHECK(before.end == last.first);
  }
}

TEST_CASE("rows: a thread has more than eight only where blocks are plenty") {
  for (int64_t channels : {1, 3, 64, 256, 546, 2048})
    for (int64_t n : {1, 25, 6400, 102400, 409600, 1638400, 26214400}) {
      const ThreadGrid grid(channels, column_pack(channels, 8), kMostGroups);
      const int each = grid.rows_per_block(n) / grid.rows();
      CAPTURE(channels, n, each);
      CHECK((each == 8 || each == 16 || each == 32));
      if (each > 8) CHECK(grid.row_blocks(n) >= kEnoughBlocks);
      if (each < 32)
        CHECK(parts_of(n, 2 * grid.rows_per_block(n)) * grid.column_blocks < kEnoughBlocks);
    }
}

TEST_CASE("column_sums: chunks cover the rows, whatever their number") {
  std::vector<int64_t> sizes = kSmall;
  sizes.insert(sizes.end(), {1000003, 6553600, 419430400, kMostRows - 512, kMostRows});
  for (int64_t n : sizes) {
    const ColumnChunks chunks = column_chunks(n);
    const ColumnShape shape{n, 64, chunks.rows_per_chunk};
    CAPTURE(n);
    CHECK(chunks.count <= 512);
    CHECK(shape.chunks() == std::max<int64_t>(chunks.count, 1));
    int64_t rows = 0;
    for (int64_t k = 0; k < chunks.count; ++k) {
      const RowSpan span = row_span(int(k), int(chunks.rows_per_chunk), int(n));
      CHECK(span.first == rows);
      CHECK(span.end > span.first);
      rows = span.end;
    }
    CHECK(rows == n);
    CHECK(shape.chunks() * shape.grid(8).column_blocks <= kMostBlocks);
  }
}

TEST_CASE("a grid that no GPU has is refused by the kernel's name") {
  CHECK(grid_of(0, spelled<Sum>()) == 0);
  CHECK(grid_of(kMostBlocks, spelled<Sum>()) == unsigned(kMostBlocks));
  CHECK_THROWS_WITH(grid_of(kMostBlocks + 1, spelled<Sum>()),
                    "kernel Sum: 2147483648 blocks, a GPU runs at most 2147483647");
}

namespace {
template <class T> struct Named {};
}  // namespace

TEST_CASE("kernels are named as in the sources") {
  CHECK(kernel_name(spelled<Max>()) == "Max");
  CHECK(kernel_name(spelled<Named<bf16>>()) == "Named<bf16>");
  CHECK(kernel_name(spelled<Named<Named<float>>>()) == "Named<Named<float> >");
  // As other compilers spell it.
  CHECK(kernel_name("const char *kernels::spelled() [K = kernels::(anonymous namespace)::Add]") ==
        "Add");
  CHECK(kernel_name("constexpr const char* kernels::spelled() [with K = "
                    "kernels::_GLOBAL__N__1c2d_6_add_cu_4f::Cast<kernels::f16>]") == "Cast<f16>");
}
