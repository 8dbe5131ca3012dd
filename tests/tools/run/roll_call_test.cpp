// What the log says about the ranks' own work.
#include "tools/run/roll_call.h"

#include <fmt/format.h>

#include "tests/support/catch.h"

namespace {

std::vector<std::string> names(size_t count) {
  std::vector<std::string> all;
  for (size_t r = 0; r < count; ++r) all.push_back(fmt::format("rank {} on node{}", r, r / 2));
  return all;
}

}  // namespace

TEST_CASE("one of two ranks that is slow is named") {
  CHECK(run::stragglers_in_words({0.4, 0.7}, names(2)) ==
        "rank 1 on node0 is slow: 0.7 s per batch, the other one 0.4 s");
  CHECK(run::stragglers_in_words({0.7, 0.4}, names(2)) ==
        "rank 0 on node0 is slow: 0.7 s per batch, the other one 0.4 s");
}

TEST_CASE("two of four ranks that are slow are named") {
  CHECK(run::stragglers_in_words({0.4, 0.7, 0.41, 0.9}, names(4)) ==
        "rank 1 on node0 is slow: 0.7 s per batch, the median rank 0.41 s; rank 3 on node1 is "
        "slow: 0.9 s per batch, the median rank 0.41 s");
}

TEST_CASE("ranks that differ little, or by less than a millisecond, are not slow") {
  CHECK(run::stragglers_in_words({0.4, 0.5, 0.59}, names(3)).empty());
  CHECK(run::stragglers_in_words({0.0001, 0.0009}, names(2)).empty());
  CHECK(run::stragglers_in_words({0, 0}, names(2)).empty());
}

TEST_CASE("the times of few ranks are listed, of many ranks their range") {
  CHECK(run::own_times_in_words({0.4, 0.52}, names(2)) ==
        "own work per batch of ranks 0 to 1: 0.4, 0.52 s");
  std::vector<double> many(17, 0.4);
  many[3] = 0.1;
  many[16] = 0.9;
  CHECK(run::own_times_in_words(many, names(17)) ==
        "own work per batch of 17 ranks: 0.1 s (rank 3 on node1) to 0.9 s (rank 16 on node8), "
        "median 0.4 s");
}
