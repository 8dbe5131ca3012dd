#include "engine/replay.h"

#include "engine/base/error.h"

namespace engine {

Replay::Replay(Backend& backend, Arena& arena, std::function<void()> step, bool record)
    : backend_(backend), arena_(arena), step_(std::move(step)), record_(record) {}

uint64_t Replay::traced(const std::function<void()>& work) {
  SSD_CHECK(arena_.empty(), "a step must start with an empty arena");
  arena_.reset_trace();
  work();
  SSD_CHECK(arena_.empty(), "a step must give back all its memory");
  return arena_.trace();
}

void Replay::run() {
  if (runs_ == 0) {
    first_trace_ = traced(step_);
  } else if (runs_ == 1) {
    uint64_t trace = 0;
    if (record_)
      trace = traced([&] { recording_ = backend_.record(backend_.queue(Lane::compute), step_); });
    if (!recording_) trace = traced(recording_ = step_);
    SSD_CHECK(trace == first_trace_,
              "the step is not repeatable: its memory requests differ from the first run's");
  } else {
    recording_();
  }
  ++runs_;
}

}  // namespace engine
