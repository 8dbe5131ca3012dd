#include "tools/logs/evaluation_watch.h"

#include <fmt/format.h>

namespace logs {

void EvaluationProgress::done(int64_t count, int64_t all, const char* what) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (!watch_.say || count >= all ||
      std::chrono::duration<double>(now - said_).count() < watch_.every)
    return;
  said_ = now;
  watch_.say(fmt::format("evaluation: {} of {} {} ({} %)", count, all, what, 100 * count / all));
}

}  // namespace logs
