// The system calls of a program, by strace.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/paths.h"

namespace tests {

struct SystemCall {
  std::string name, arguments;  // as strace -y prints them, with the paths of descriptors
};

struct TracedRun {
  Outcome outcome;
  std::vector<SystemCall> calls;  // in the order in which they began
};

// Runs `command` in `folder`; `calls` as for strace -e trace=. Nothing where strace is missing or
// may not trace.
std::optional<TracedRun> traced(const std::filesystem::path& folder, const std::string& command,
                                const std::string& calls);

}  // namespace tests
