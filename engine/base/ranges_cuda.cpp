#include <nvtx3/nvToolsExt.h>

#include "engine/base/ranges.h"

namespace base {
namespace {
thread_local const char* innermost = "";
}

Range::Range(const char* name) : outer_(innermost) {
  innermost = name;
  nvtxRangePushA(name);
}

Range::~Range() {
  nvtxRangePop();
  innermost = outer_;
}

const char* Range::current() { return innermost; }

}  // namespace base
