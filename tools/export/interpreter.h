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
// The interpreter and what it starts are a process group of their own. The group is killed if it
// exceeds a limit, with Error(failed), and if a signal ends this program. Throws Error(resources)
// if the system cannot start it. Only one may run at a time.
InterpreterOutput run_interpreter(const std::string& interpreter,
                                  const std::vector<std::string>& arguments,
                                  const InterpreterLimits& limits = {});

}  // namespace onnx
