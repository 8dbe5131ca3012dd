// Runs a step again and again. The first run warms up. The second checks that the step asks for the
// same memory as before, and records it if that is wanted and possible. Later runs replay it.
#pragma once
#include <functional>

#include "engine/backend.h"

namespace engine {

class Replay {
 public:
  // `step` queues the work of one step. It must ask the arena for the same memory every time. If
  // `record` is false, every run runs the step itself.
  Replay(Backend& backend, Arena& arena, std::function<void()> step, bool record = true);

  // The first call runs the step, which makes its plans. The second runs it again and records it;
  // throws Error(failed) if its requests for memory differ from those of the first. Later calls
  // replay the recording, or run the step itself if the device cannot record it.
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
