#include "tools/export/interpreter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "engine/base/error.h"

namespace onnx {
namespace {

using base::ExitCode, base::fail;

constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP};
std::atomic<pid_t> running{0};  // the process group
static_assert(std::atomic<pid_t>::is_always_lock_free, "the handler must not lock");

void end_both(int number) {  // calls only what a signal handler may call
  if (running > 0) ::kill(-running, SIGKILL);
  ::signal(number, SIG_DFL);
  ::raise(number);
}

// The process group of an interpreter. Nothing of it outlives this object.
class Group {
 public:
  explicit Group(pid_t leader) : leader_(leader) {
    running = leader;
    for (size_t i = 0; i < kEnding.size(); ++i) {
      before_[i] = ::signal(kEnding[i], end_both);
      if (before_[i] == SIG_IGN) ::signal(kEnding[i], SIG_IGN);  // as under nohup
    }
  }
  ~Group() {
    ::kill(-leader_, SIGKILL);
    if (!ended_) ::waitpid(leader_, nullptr, 0);
    running = 0;
    for (size_t i = 0; i < kEnding.size(); ++i) ::signal(kEnding[i], before_[i]);
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // The exit code of the interpreter, if it ends in this time.
  std::optional<int> exit_code(std::chrono::milliseconds most) {
    constexpr std::chrono::milliseconds kPause(5);
    const auto end = std::chrono::steady_clock::now() + most;
    for (int status = 0;; std::this_thread::sleep_for(kPause)) {
      if (::waitpid(leader_, &status, WNOHANG) == leader_) {
        ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      if (std::chrono::steady_clock::now() > end) return std::nullopt;
    }
  }

 private:
  pid_t leader_;
  bool ended_ = false;
  std::array<sighandler_t, kEnding.size()> before_{};
};

// Starts the process with its output into a pipe. Returns what went wrong, or 0.
int spawn(const std::string& program, const std::vector<std::string>& arguments, int output,
          pid_t& child) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int problem =
      ::posix_spawnp(&child, words[0], &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}

struct Descriptor {
  int number = -1;
  ~Descriptor() { reset(); }
  void reset() {
    if (number >= 0) ::close(std::exchange(number, -1));
  }
};

[[noreturn]] void refuse(const std::string& interpreter, const std::string& what) {
  fail(ExitCode::failed, "--verify: ", interpreter, " ", what,
       ", and was ended; see what it does with a script, or name another Python with --python");
}

[[noreturn]] void refuse_silent(const std::string& interpreter, std::chrono::milliseconds silence) {
  refuse(interpreter,
         base::concatenate("printed nothing for ", double(silence.count()) / 1000, " s"));
}

// Whether there is something to read, or the end, in this time.
bool can_read(int pipe, std::chrono::milliseconds most) {
  pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
  int found;
  while ((found = ::poll(&ready, 1, int(most.count()))) < 0 && errno == EINTR) {
  }
  return found != 0;
}

std::string all_output(int pipe, const std::string& interpreter, const InterpreterLimits& limits) {
  std::string text;
  char bytes[4096];
  while (true) {
    if (!can_read(pipe, limits.silence)) refuse_silent(interpreter, limits.silence);
    const ssize_t n = ::read(pipe, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(bytes, size_t(n));
    if (text.size() > limits.bytes)
      refuse(interpreter, base::concatenate("printed more than ", limits.bytes, " bytes"));
  }
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

InterpreterOutput run_interpreter(const std::string& interpreter,
                                  const std::vector<std::string>& arguments,
                                  const InterpreterLimits& limits) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail(ExitCode::resources, "cannot start ", interpreter, ": ", std::strerror(errno));
  const Descriptor in{ends[0]};
  Descriptor out{ends[1]};
  pid_t child = 0;
  if (const int problem = spawn(interpreter, arguments, out.number, child))
    return {.last_line = std::strerror(problem), .exit_code = 127};
  Group group(child);
  out.reset();
  std::string line = last_line(all_output(in.number, interpreter, limits));
  const std::optional<int> code = group.exit_code(limits.silence);
  if (!code) refuse_silent(interpreter, limits.silence);
  return {.last_line = std::move(line), .exit_code = *code};
}

}  // namespace onnx
