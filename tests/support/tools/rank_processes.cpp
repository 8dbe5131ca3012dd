#include "tests/support/tools/rank_processes.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/support/catch.h"

namespace tests {

nlohmann::json json_of(const std::string& path) { return nlohmann::json::parse(text_of(path)); }

Background::Background(const TrainingPlace& place, const std::string& arguments,
                       const std::string& launcher, const std::string& log) {
  process_ = ::fork();
  if (process_ == 0) {
    ::setpgid(0, 0);
    const std::string command = place.command(arguments, launcher) + " 2> " + place.at(log);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
}

Background::~Background() {
  if (process_ > 0) ::kill(process_, SIGKILL);
}

int Background::wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  int status = 0;
  while (std::chrono::steady_clock::now() < end) {
    if (::waitpid(process_, &status, WNOHANG) == process_) {
      process_ = -1;
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return -1;
}

void check_all_gone(const std::vector<pid_t>& processes) {
  for (const pid_t process : processes) CHECK_FALSE(alive(process));
}

std::vector<pid_t> ranks_of(const std::string& folder) {
  for (int i = 0; i < 6000; ++i) {
    if (std::filesystem::exists(folder + "/last.safetensors")) {
      std::vector<pid_t> processes;
      const nlohmann::json env = json_of(folder + "/env.json");
      for (const auto& rank : env.at("ranks")) processes.push_back(rank.at("process"));
      return processes;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("no checkpoint in " << folder);
  return {};
}

}  // namespace tests
