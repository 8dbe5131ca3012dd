#include "engine/base/ranges.h"

namespace base {
namespace {

thread_local RangeObserver* observer_of_thread = nullptr;

}  // namespace

void observe_ranges(RangeObserver* observer) { observer_of_thread = observer; }

Range::Range(const char* name) : name_(name), observer_(observer_of_thread) {
  begin_profiler_range(name);
  if (observer_) observer_->begin(name);
}

Range::~Range() {
  if (observer_) observer_->end(name_);
  end_profiler_range();
}

}  // namespace base
