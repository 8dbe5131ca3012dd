// Notices that a log ends earlier than the run that it belongs to.
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>

namespace logs {

class KeptSteps {
 public:
  // Of the log at this place, as it is before the run goes on.
  explicit KeptSteps(std::string path);

  // Call it for the step of each line that is kept.
  void add(int64_t step) {
    widest_ = std::max(widest_, step - last_);
    last_ = step;
  }
  // What is missing before `last_step`, after which the run goes on, and what to do. `every`: how
  // many steps a line is for now. Empty: nothing, as far as can be told. Something is missing if
  // the log has never left out so many steps before, and would not do so now.
  std::string missing_in_words(int64_t last_step, int64_t every) const;

 private:
  std::string path_;
  bool had_lines_;
  int64_t last_ = 0, widest_ = 0;
};

}  // namespace logs
