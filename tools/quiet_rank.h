// Keeps all ranks but one from saying the same.
#pragma once
#include <iostream>
#include <streambuf>

namespace tools {

// While it lives, ranks above 0 print nothing on std::cerr: rank 0 speaks for all.
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

}  // namespace tools
