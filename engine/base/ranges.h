// Names of what the host is doing, shown by profilers (NVTX); nothing where the build has no CUDA.
// Inside a replayed graph there is no host: profile with train.graph=false to see operations.
#pragma once

namespace base {

// One phase or operation: from here to the end of the scope. Names are literals.
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

  // The innermost one of this thread, "" without any: what a gradient is named after.
  static const char* current();

 private:
  [[maybe_unused]] const char* outer_;  // used in CUDA builds
};

}  // namespace base
