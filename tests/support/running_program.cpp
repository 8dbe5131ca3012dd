#include "tests/support/running_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/files.h"

namespace tests {

RunningProgram::RunningProgram(const std::string& folder, const std::string& command)
    : errors_(folder + "/errors") {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  std::ofstream(errors_).flush();
  const std::string line = "cd '" + folder + "' && exec " + command;
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(::open(errors_.c_str(), O_WRONLY | O_APPEND), STDERR_FILENO);
    ::execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(in[0]), ::close(out[1]);
  input_ = in[1], output_ = out[0];
}

RunningProgram::~RunningProgram() {
  close_input();
  close_output();
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void RunningProgram::write(const std::string& text) {
  if (::write(input_, text.data(), text.size()) != ssize_t(text.size()))
    throw std::runtime_error("write");
}

void RunningProgram::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

void RunningProgram::close_output() {
  if (output_ >= 0) ::close(output_);
  output_ = -1;
}

std::optional<std::string> RunningProgram::line(int milliseconds) {
  size_t end;
  while ((end = buffer_.find('\n')) == buffer_.npos) {
    pollfd file{output_, POLLIN, 0};
    if (::poll(&file, 1, milliseconds) <= 0) return {};
    char bytes[4096];
    const ssize_t count = ::read(output_, bytes, sizeof bytes);
    if (count <= 0) return {};
    buffer_.append(bytes, size_t(count));
  }
  std::string text = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return text;
}

std::string RunningProgram::err() const {
  std::ostringstream text;
  text << std::ifstream(errors_).rdbuf();
  return text.str();
}

bool RunningProgram::told(const std::string& words) const {
  constexpr int kTries = 6000;
  for (int i = 0; i < kTries; ++i) {
    if (err().find(words) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void RunningProgram::signal(int number) { ::kill(process_, number); }

int RunningProgram::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

long RunningProgram::peak_kib() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      long kib = 0;
      status >> kib;
      return kib;
    }
  return 0;
}

bool alive(pid_t process) {
  const std::string status = text_of("/proc/" + std::to_string(process) + "/stat");
  const size_t name_end = status.rfind(')');
  return name_end != std::string::npos && status.substr(name_end + 2, 1) != "Z";
}

}  // namespace tests
