#include "tools/export/process_group.h"

#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

namespace onnx {
namespace {

constexpr std::array kEnding{SIGINT, SIGTERM, SIGHUP};
std::array<struct sigaction, kEnding.size()> previous;
std::atomic<bool> starting{false};
std::atomic<pid_t> running{0};  // the process group
static_assert(std::atomic<pid_t>::is_always_lock_free, "the handler must not lock");

void end_both(int number) {        // calls only what a signal handler may call
  while (starting) sched_yield();  // the thread that starts it gets no signal
  const pid_t group = running;     // read once: 0 would name the group of this program
  if (group > 0) ::kill(-group, SIGKILL);
  for (size_t i = 0; i < kEnding.size(); ++i)
    if (kEnding[i] == number) ::sigaction(number, &previous[i], nullptr);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  ::raise(number);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);  // does what it did before: ends the process
}

// The words of a command, as the system wants them.
std::vector<char*> words_of(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  return words;
}

// Starts the process with its outputs into the descriptor, and these signals blocked. Returns what
// went wrong, or 0.
int spawn(const std::vector<char*>& words, int output, const sigset_t& blocked, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &blocked);
  const int problem =
      ::posix_spawnp(&child, words[0], &actions, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return problem;
}

}  // namespace

ProcessGroup::Signals::Signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &action, &of_children);  // if it is ignored, exit codes are lost
  action.sa_handler = end_both;
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < kEnding.size(); ++i) {
    ::sigaction(kEnding[i], nullptr, &previous[i]);
    const bool ignored = previous[i].sa_handler == SIG_IGN;  // as under nohup
    if (!ignored) ::sigaction(kEnding[i], &action, nullptr);
  }
}

ProcessGroup::Signals::~Signals() {
  for (size_t i = 0; i < kEnding.size(); ++i) ::sigaction(kEnding[i], &previous[i], nullptr);
  ::sigaction(SIGCHLD, &of_children, nullptr);
}

ProcessGroup::ProcessGroup(const std::string& program, const std::vector<std::string>& arguments,
                           int output) {
  const std::vector<char*> words = words_of(program, arguments);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  starting = true;
  problem_ = spawn(words, output, before, leader_);
  if (problem_ == 0) running = leader_;
  starting = false;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ProcessGroup::~ProcessGroup() {
  if (problem_ != 0) return;
  ::kill(-leader_, SIGKILL);
  running = 0;  // first: once the leader is waited for, another process may get its number
  while (::waitpid(leader_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::optional<int> ProcessGroup::exit_code(std::chrono::milliseconds most) const {
  constexpr std::chrono::milliseconds kPause(5);
  const auto end = std::chrono::steady_clock::now() + most;
  for (;; std::this_thread::sleep_for(kPause)) {
    siginfo_t info{};
    const int failed = ::waitid(P_PID, id_t(leader_), &info, WEXITED | WNOHANG | WNOWAIT);
    if (failed && errno != EINTR) return -1;
    if (!failed && info.si_pid == leader_) return info.si_code == CLD_EXITED ? info.si_status : -1;
    if (std::chrono::steady_clock::now() > end) return std::nullopt;
  }
}

}  // namespace onnx
