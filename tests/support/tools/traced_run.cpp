#include "tests/support/tools/traced_run.h"

#include <fstream>

namespace tests {
namespace {

// "2576  fsync(4</run/x>) = 0", but not "2576  <... fsync resumed>) = 0".
std::vector<SystemCall> calls_in(const std::filesystem::path& trace) {
  std::vector<SystemCall> calls;
  std::ifstream file(trace);
  for (std::string line; std::getline(file, line);) {
    const size_t name = line.find_first_not_of("0123456789 "), end = line.find('(');
    if (name == std::string::npos || end == std::string::npos || end < name || line[name] == '<')
      continue;
    calls.push_back({line.substr(name, end - name), line.substr(end + 1)});
  }
  return calls;
}

}  // namespace

std::optional<TracedRun> traced(const std::filesystem::path& folder, const std::string& command,
                                const std::string& calls) {
  if (run("strace -qq true").exit_code != 0) return std::nullopt;
  const TemporaryFolder own;
  const std::string trace = own.path() / "trace";
  TracedRun traced;
  traced.outcome =
      run("cd '" + folder.string() + "' && exec strace -f -qq -y -s 8 -e trace=" + calls + " -o " +
          trace + " " + command);
  traced.calls = calls_in(trace);
  return traced;
}

}  // namespace tests
