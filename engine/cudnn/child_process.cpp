#include "engine/cudnn/child_process.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/error.h"

namespace engine {
namespace {

// A socket does not raise SIGPIPE with MSG_NOSIGNAL; stdout of a worker may be a pipe.
ssize_t write_some(int to, const char* data, size_t bytes) {
  const ssize_t sent = ::send(to, data, bytes, MSG_NOSIGNAL);
  return sent < 0 && errno == ENOTSOCK ? ::write(to, data, bytes) : sent;
}

pid_t spawn(const std::vector<std::string>& command, int socket) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
  pid_t child = -1;
  const int problem =
      posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem)
    base::fail(base::ExitCode::failed, "cannot start ", command[0], ": ", std::strerror(problem));
  return child;
}

}  // namespace

bool LineChannel::send(const std::string& line) {
  const std::string text = line + "\n";
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t n = write_some(out_, text.data() + sent, text.size() - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    sent += size_t(n);
  }
  return true;
}

std::optional<std::string> LineChannel::receive() {
  for (;;) {
    if (const size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    char bytes[65536];
    const ssize_t n = ::read(in_, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    received_.append(bytes, size_t(n));
  }
}

ChildProcess::ChildProcess(const std::vector<std::string>& command) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    base::fail(base::ExitCode::failed, "socketpair: ", std::strerror(errno));
  socket_ = ends[0];
  try {
    child_ = spawn(command, ends[1]);
  } catch (...) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  channel_.emplace(socket_, socket_);
}

ChildProcess::~ChildProcess() {
  ::close(socket_);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace engine
