// Runs a step again and again: once to warm up, once to prove that it is repeatable, then replayed.
#pragma once
#include <functional>

#include "engine/backend.h"

namespace engine {

class Replay {
 public:
  // `step` queues the work of one step. It must ask the arena for the same memory every time.
  // `record` false: runs the step itself every time.
  Replay(Backend& backend, Arena& arena, std::function<void()> step, bool record = true);

  // First call: runs the step; plans get built. Second: runs it again, throws Error(failed) when
  // its requests for memory differ from the first's, and records it. Later: the recording.
  void run();

  int runs() const { return runs_; }

 private:
  uint64_t traced(const std::function<void()>& work);

  Backend& backend_;
  Arena& arena_;
  std::function<void()> step_, recording_;
  bool record_;
  uint64_t first_trace_ = 0;
  int runs_ = 0;
};

}  // namespace engine
