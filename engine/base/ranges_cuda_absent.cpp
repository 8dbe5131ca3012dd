// Linked instead of ranges_cuda.cpp where the build has no CUDA.
#include "engine/base/ranges.h"

namespace base {

Range::Range(const char*) {}
Range::~Range() = default;

}  // namespace base
