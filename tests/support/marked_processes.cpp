#include "tests/support/marked_processes.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "tests/support/files.h"

namespace tests {
namespace {

constexpr const char* kName = "SSD_TEST_PROCESS_MARK";

}  // namespace

Environment environment_of(pid_t process) {
  std::istringstream text(text_of(fmt::format("/proc/{}/environ", process)));
  Environment all;
  for (std::string variable; std::getline(text, variable, '\0');)
    if (const size_t equals = variable.find('='); equals != std::string::npos)
      all[variable.substr(0, equals)] = variable.substr(equals + 1);
  return all;
}

ProcessMark::ProcessMark() {
  static int made = 0;
  value_ = fmt::format("{}-{}", ::getpid(), made++);
  ::setenv(kName, value_.c_str(), 1);
}

ProcessMark::~ProcessMark() { ::unsetenv(kName); }

std::map<pid_t, Environment> ProcessMark::processes() const {
  std::map<pid_t, Environment> found;
  std::error_code ignored;  // processes end while they are listed
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const pid_t process = std::stoi(name);
    Environment environment = environment_of(process);
    if (const auto mark = environment.find(kName);
        mark != environment.end() && mark->second == value_)
      found[process] = std::move(environment);
  }
  return found;
}

bool is_listened_at(int port, const std::string& process) {
  constexpr const char* kListens = "0A";
  for (const char* table : {"tcp", "tcp6"}) {
    std::istringstream lines(text_of(fmt::format("/proc/{}/net/{}", process, table)));
    std::string line;
    std::getline(lines, line);  // the names of the columns
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string number, here, there, state;
      words >> number >> here >> there >> state;
      const int at = std::stoi(here.substr(here.find(':') + 1), nullptr, 16);
      if (state == kListens && at == port) return true;
    }
  }
  return false;
}

}  // namespace tests
