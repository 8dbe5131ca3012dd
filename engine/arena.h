// One block of memory, handed out in aligned pieces and taken back in any order. A request gets the
// first gap, by address, that is large enough. So the same sequence of requests gives the same
// addresses, and a training step can be recorded once and replayed.
//
// On one queue, later work waits for earlier work, so memory that was given back may be taken again
// at once. Parallel branches do not wait for each other. Therefore, between open_branches() and
// close_branches(), memory that a branch took and gave back may be taken again by that branch only,
// and all other memory that is given back meanwhile stays unused until close_branches(). A branch
// must not use memory that another one has taken meanwhile.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

namespace engine {

// Pieces of device memory begin at multiples of this many bytes, which suits every vector access
// and cuDNN.
inline constexpr size_t kAlignment = 256;
constexpr size_t aligned(size_t bytes) {  // the next multiple of kAlignment
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// take() and give_back() are virtual for tests, which can give each piece memory of its own.
class Arena {
 public:
  Arena(void* base, size_t size);
  virtual ~Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Returns a piece of aligned(max(bytes, 1)) bytes. Throws Error(resources) if no gap is large
  // enough.
  virtual void* take(size_t bytes);
  virtual void give_back(void* p);  // p came from take() and was not given back yet

  void open_branches();
  void enter_branch(int branch);  // the next requests are for the work of this branch, from 0
  void close_branches() noexcept;

  size_t size() const { return size_; }
  size_t live() const { return live_; }  // bytes handed out now
  size_t peak() const { return peak_; }  // highest address used so far
  bool empty() const { return used_.empty(); }

  // Hash of every request and its address since reset_trace(): equal for equal steps.
  uint64_t trace() const { return trace_; }
  void reset_trace() { trace_ = kTraceStart; }

 private:
  static constexpr uint64_t kTraceStart = 14695981039346656037ull;  // FNV-1a
  static constexpr int kNoBranch = -1;

  using Gaps = std::map<size_t, size_t>;  // offset -> size
  struct Piece {
    size_t size;
    int branch;
  };
  void* take_from(Gaps&, size_t bytes);
  static void put(Gaps&, size_t offset, size_t size);

  char* base_;
  size_t size_;
  Gaps free_;
  std::map<size_t, Piece> used_;  // by offset
  // While branches are open: what was given back, by the branch that may take it again. kNoBranch
  // stands for what no branch may take yet.
  std::map<int, Gaps> returned_;
  bool branches_open_ = false;
  int branch_ = kNoBranch;
  size_t live_ = 0, peak_ = 0;
  uint64_t trace_ = kTraceStart;
};

}  // namespace engine
