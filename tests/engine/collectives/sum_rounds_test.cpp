// The arithmetic of sums over ranks, without their memory.
#include "engine/collectives/sum_rounds.h"

#include <cstdint>

#include "tests/support/catch.h"

TEST_CASE("rounds and chunks hold every element once, beyond 2^32 elements, too") {
  constexpr size_t kMost = size_t(1) << 20;
  const size_t huge = size_t(1) << 32;
  for (const size_t elements : {size_t(0), size_t(1), size_t(2), size_t(4093), kMost - 1, kMost,
                                kMost + 1, huge - 1, huge, huge + 12345})
    for (const size_t ranks : {size_t(1), size_t(2), size_t(3), size_t(512)}) {
      size_t next = 0;
      bool gap = false, large = false;
      for (const engine::SumRound& round : engine::rounds_of(elements, kMost, ranks))
        for (size_t rank = 0; rank < ranks; ++rank) {
          gap |= round.begin(rank) != next;
          large |= round.count(rank) > kMost / ranks + 1;
          next += round.count(rank);
        }
      INFO(elements << " elements, " << ranks << " ranks");
      CHECK_FALSE(gap);
      CHECK_FALSE(large);
      CHECK(next == elements);
    }
}
