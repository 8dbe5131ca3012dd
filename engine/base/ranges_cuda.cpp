#include <nvtx3/nvToolsExt.h>

#include "engine/base/ranges.h"

namespace base {

void begin_profiler_range(const char* name) { nvtxRangePushA(name); }
void end_profiler_range() { nvtxRangePop(); }

}  // namespace base
