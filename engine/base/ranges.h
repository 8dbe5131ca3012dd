// Named ranges of the host's work, which profilers show (NVTX). They cost nothing in a build
// without CUDA. A replayed CUDA graph has no host work: profile with train.graph=false to see
// operations.
#pragma once

namespace base {

// One phase or operation, from here to the end of the scope. The name must be a literal.
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
};

}  // namespace base
