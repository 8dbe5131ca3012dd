// Decides which ranks print: rank 0 alone, if all have the same to say.
#pragma once
#include <functional>
#include <iostream>
#include <streambuf>

#include "engine/base/error.h"
#include "engine/collectives/rendezvous.h"

namespace tools {

// While it exists, ranks above 0 print nothing on std::cerr, because rank 0 prints the same.
class QuietRank {
 public:
  explicit QuietRank(int rank) : before_(rank > 0 ? std::cerr.rdbuf(&nowhere_) : nullptr) {}
  ~QuietRank() {
    if (before_) std::cerr.rdbuf(before_);
  }
  QuietRank(const QuietRank&) = delete;
  QuietRank& operator=(const QuietRank&) = delete;

 private:
  struct Nowhere : std::streambuf {
    int overflow(int c) override { return c; }
  } nowhere_;
  std::streambuf* before_;
};

// Lets all ranks end with an error that this rank has met, and prints the error. A rank above 0
// prints nothing if rank 0 has the same error, unless it is the first rank of another machine.
// Returns the exit code.
int end_ranks(engine::Collectives& ranks, const base::Error& error);

// Calls `work`, which is this rank's part of what the ranks do after they have met, and returns its
// exit code. If it throws, ends all ranks as end_ranks() does.
int run_with_ranks(engine::Collectives& ranks, const std::function<int()>& work);

// Does the same before the ranks have met, such as for a wrong configuration. Rank 0 prints the
// error at once. If the ranks do not meet within a few seconds, each of them prints its own.
int end_ranks_before_meeting(const engine::RankPlace& place, const base::Error& error);

}  // namespace tools
