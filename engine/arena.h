// One block of memory, handed out in aligned pieces and taken back in any order.
// First fit in address order: the same sequence of requests gives the same addresses, so a
// training step can be captured once and replayed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

namespace engine {

class Arena {
 public:
  Arena(void* base, size_t size);
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // At least one byte, aligned to 256. Throws Error(resources) when no gap is large enough.
  void* take(size_t bytes);
  void give_back(void* p);  // p came from take() and was not given back yet

  size_t size() const { return size_; }
  size_t live() const { return live_; }  // bytes handed out now
  size_t peak() const { return peak_; }  // highest address used so far
  bool empty() const { return used_.empty(); }

  // Hash of every request and its address since reset_trace(): equal for equal steps.
  uint64_t trace() const { return trace_; }
  void reset_trace() { trace_ = kTraceStart; }

 private:
  static constexpr uint64_t kTraceStart = 14695981039346656037ull;  // FNV-1a

  char* base_;
  size_t size_;
  std::map<size_t, size_t> free_, used_;  // offset -> size
  size_t live_ = 0, peak_ = 0;
  uint64_t trace_ = kTraceStart;
};

}  // namespace engine
