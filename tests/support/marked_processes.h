// Processes that a test has started, with all that these have started: found by a variable of their
// environment.
#pragma once
#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace tests {

using Environment = std::map<std::string, std::string>;

// As the process was started. Empty if it has ended.
Environment environment_of(pid_t process);

// Sets a variable with a value that no other process has, for what is started from now on.
class ProcessMark {
 public:
  ProcessMark();
  ~ProcessMark();
  ProcessMark(const ProcessMark&) = delete;
  ProcessMark& operator=(const ProcessMark&) = delete;

  // The processes that have it and have not ended, with their environments.
  std::map<pid_t, Environment> processes() const;

 private:
  std::string value_;
};

// Whether some process listens at the TCP port, in the network of this process: "self" or a number.
bool is_listened_at(int port, const std::string& process = "self");

}  // namespace tests
