// Named ranges of the host's work. Profilers show them in builds with CUDA (NVTX), and a program
// can time them. A replayed CUDA graph has no host work: use train.graph=false to see operations.
#pragma once

namespace base {

// Is told of the ranges of the thread that calls observe_ranges().
class RangeObserver {
 public:
  virtual ~RangeObserver() = default;
  virtual void begin(const char* name) = 0;
  virtual void end(const char* name) = 0;
};

// From now on `observer` is told of the ranges that this thread begins. Null: nobody is told.
void observe_ranges(RangeObserver* observer);

// One phase or operation, from here to the end of the scope. The name must be a literal.
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

 private:
  const char* name_;
  RangeObserver* observer_;
};

// What a profiler sees; nothing in a build without CUDA.
void begin_profiler_range(const char* name);
void end_profiler_range();

}  // namespace base
