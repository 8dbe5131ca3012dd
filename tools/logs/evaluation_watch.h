// Lets a program follow an evaluation, and stop it.
#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <string>

namespace logs {

struct EvaluationWatch {
  std::function<bool()> stop = {};                   // whether to stop; asked before each batch
  std::function<void(const std::string&)> say = {};  // gets a line from time to time
  double every = 15;                                 // seconds between two lines
};

// Says how far an evaluation is: "evaluation: 120 of 5000 images (2 %)".
class EvaluationProgress {
 public:
  explicit EvaluationProgress(const EvaluationWatch& watch) : watch_(watch) {}
  // `what` is a plural, such as "images". Says nothing after the last one, because the result
  // follows. Any thread may call it.
  void done(int64_t count, int64_t all, const char* what);

 private:
  using Clock = std::chrono::steady_clock;
  const EvaluationWatch& watch_;
  std::mutex mutex_;
  Clock::time_point said_ = Clock::now();
};

}  // namespace logs
