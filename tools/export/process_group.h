// A process with a group of its own, which ends with this program.
#pragma once
#include <signal.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace onnx {

// What starts in the group does not outlive this object, nor a signal (SIGINT, SIGTERM, SIGHUP)
// that ends this program. Only one may exist at a time.
class ProcessGroup {
 public:
  // Starts a program, which is a path or a name on PATH, without input; both of its outputs go to
  // the descriptor.
  ProcessGroup(const std::string& program, const std::vector<std::string>& arguments, int output);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int problem() const { return problem_; }  // why it did not start, or 0

  // The exit code of the program, if it ends in this time; -1 if a signal ended it.
  std::optional<int> exit_code(std::chrono::milliseconds most) const;

 private:
  // While it exists, signals that end this program end the group first.
  struct Signals {
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    struct sigaction of_children {};
  };

  Signals signals_;
  pid_t leader_ = 0;
  int problem_ = 0;
};

}  // namespace onnx
