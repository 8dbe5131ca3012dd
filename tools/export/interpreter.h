// Runs a script in an interpreter that may hang, or print without end.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace onnx {

struct InterpreterLimits {
  std::chrono::milliseconds silence{std::chrono::minutes(10)};  // the longest time without output
  uint64_t bytes = uint64_t{16} << 20;                          // of all output
};

struct InterpreterOutput {
  std::string last_line;  // of standard output and standard error, without blank lines behind it
  int exit_code = 0;      // 127 if it is missing or no program, -1 if a signal ended it
};

// Runs the interpreter, which is a path or a name on PATH, with these arguments and without input.
// It and what it starts run in a process group of their own, which is killed at a limit, and when a
// signal ends this program. Throws Error(failed) at a limit, and Error(resources) if the system has
// no room to start it. Only one may run at a time.
InterpreterOutput run_interpreter(const std::string& interpreter,
                                  const std::vector<std::string>& arguments,
                                  const InterpreterLimits& limits = {});

}  // namespace onnx
