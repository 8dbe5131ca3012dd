// Notices that a log ends earlier than the run that it belongs to.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

namespace logs {

class KeptSteps {
 public:
  // `path` is the log, as it is before the run goes on.
  explicit KeptSteps(std::string path);

  // Call it for the step of each line that is kept.
  void add(int64_t step) {
    widest_ = std::max(widest_, step - last_);
    last_ = step;
  }
  // Says which steps before `last_step`, after which the run goes on, are missing, and what to do.
  // `every` is the number of steps from one line to the next. Steps are missing if the gap before
  // `last_step` is not smaller than `every` and each earlier gap. Empty if none are missing.
  std::string missing_in_words(int64_t last_step, int64_t every) const;

 private:
  std::string path_;
  bool had_lines_;
  int64_t last_ = 0, widest_ = 0;
};

}  // namespace logs
