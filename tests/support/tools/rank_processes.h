// Runs of ssdtrain in the background, and the processes of their ranks.
#pragma once
#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/running_program.h"
#include "tests/support/tools/training_run.h"

namespace tests {

nlohmann::json json_of(const std::string& path);

// ssdtrain in the background, in a process group of its own; its stderr goes to the file `log` of
// the place. `launcher`: words of a shell that start a program.
class Background {
 public:
  Background(const TrainingPlace& place, const std::string& arguments,
             const std::string& launcher = "", const std::string& log = "err.txt");
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  pid_t process() const { return process_; }
  // Its exit code, 128 + n for signal n; -1 where it does not end in time.
  int wait(double seconds);

 private:
  pid_t process_;
};

void check_all_gone(const std::vector<pid_t>& processes);

// The ranks' processes, when the run in `folder` has saved a step.
std::vector<pid_t> ranks_of(const std::string& folder);

}  // namespace tests
