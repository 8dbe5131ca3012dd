#include <nvtx3/nvToolsExt.h>

#include "engine/base/ranges.h"

namespace base {

Range::Range(const char* name) { nvtxRangePushA(name); }
Range::~Range() { nvtxRangePop(); }

}  // namespace base
