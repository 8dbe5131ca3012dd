#include "tools/local_ranks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "engine/collectives/socket.h"
#include "tools/run/rank_place.h"

namespace tools {
namespace {

using base::ExitCode;
using namespace std::chrono_literals;

constexpr std::array kHandedOn{SIGTERM, SIGINT, SIGUSR1, SIGHUP};
std::atomic<pid_t> group{0};  // of the ranks' processes
static_assert(std::atomic<pid_t>::is_always_lock_free, "the handler must not lock");

void hand_on(int number) {
  const int before = errno;
  if (group > 0) ::kill(-group, number);
  errno = before;
}

// Signals that come while the ranks are being started wait until all of them can get them.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t all;
    sigemptyset(&all);
    for (const int number : kHandedOn) sigaddset(&all, number);
    sigprocmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsHeld() { release(); }
  void release() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

void hand_signals_on() {
  for (const int number : kHandedOn) {
    struct sigaction action {
    }, before{};
    action.sa_handler = hand_on;
    action.sa_flags = SA_RESTART;
    sigaction(number, nullptr, &before);
    if (number == SIGHUP && before.sa_handler == SIG_IGN) continue;  // as under nohup
    sigaction(number, &action, nullptr);
  }
}

struct Start {
  int rank, count, port, listener, threads;
  pid_t parent;
};

void set(const char* name, int value) { ::setenv(name, std::to_string(value).c_str(), 1); }

// In the new process: becomes the rank.
[[noreturn]] void become_rank(const Start& s, char** argv, const SignalsHeld& held) {
  for (const int number : kHandedOn) {
    struct sigaction now {};
    sigaction(number, nullptr, &now);
    if (now.sa_handler == hand_on) ::signal(number, SIG_DFL);
  }
  ::setpgid(0, group);  // Ctrl-C reaches the ranks once, by way of their parent
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != s.parent) _exit(int(ExitCode::resources));
  set("RANK", s.rank);
  set("WORLD_SIZE", s.count);
  set("LOCAL_RANK", s.rank);
  set("LOCAL_WORLD_SIZE", s.count);
  set("MASTER_PORT", s.port);
  ::setenv("MASTER_ADDR", "127.0.0.1", 1);
  ::setenv("OMP_NUM_THREADS", std::to_string(s.threads).c_str(), 0);
  if (s.rank == 0) {
    ::fcntl(s.listener, F_SETFD, 0);
    set(run::kListenerVariable, s.listener);
  }
  held.release();
  ::execv("/proc/self/exe", argv);
  _exit(int(ExitCode::resources));
}

std::vector<pid_t> start(int count, char** argv) {
  const engine::Socket listener = engine::listen_at(0, true);
  const int cores = int(std::thread::hardware_concurrency());
  Start s{0,
          count,
          engine::port_of(listener),
          listener.descriptor(),
          std::max(1, cores / count),
          ::getpid()};
  const SignalsHeld held;
  hand_signals_on();
  std::vector<pid_t> ranks;
  for (; s.rank < count; ++s.rank) {
    const pid_t process = ::fork();
    if (process == 0) become_rank(s, argv, held);
    if (process < 0) {
      const std::string why = std::strerror(errno);
      if (group > 0) ::kill(-group, SIGKILL);
      base::fail(ExitCode::resources, "rank ", s.rank, " cannot be started: ", why);
    }
    if (s.rank == 0) group = process;
    ::setpgid(process, group);  // the parent may come first
    ranks.push_back(process);
  }
  return ranks;
}

// The ranks as they end.
class Watch {
 public:
  explicit Watch(std::vector<pid_t> ranks) : left_(int(ranks.size())), ranks_(std::move(ranks)) {}

  int until_all_ended() {
    while (left_ > 0) {
      int status = 0;
      const pid_t process = ::waitpid(-1, &status, failed_ ? WNOHANG : 0);
      if (process > 0)
        take(process, status);
      else if (process < 0 && errno != EINTR)
        break;
      else if (process == 0)
        wait_for_the_rest();
    }
    return code_;
  }

 private:
  void take(pid_t process, int status) {
    const auto found = std::find(ranks_.begin(), ranks_.end(), process);
    if (found == ranks_.end()) return;
    --left_;
    const auto rank = found - ranks_.begin();
    if (WIFSIGNALED(status)) return note_killed(int(rank), process, WTERMSIG(status));
    const int code = WEXITSTATUS(status);
    if (code == 0) return;
    if (code == int(ExitCode::stopped_early)) {
      if (!failed_) code_ = code;
      return;
    }
    fail_with(code);
  }

  void note_killed(int rank, pid_t process, int signal) {
    if (!ended_by_us_)
      std::cerr << fmt::format("ssdtrain: rank {} (process {}) was killed by signal {} ({})\n",
                               rank, process, signal, strsignal(signal));
    fail_with(int(ExitCode::resources));
  }

  void fail_with(int code) {
    if (failed_) return;
    failed_ = true;
    code_ = code;
    // The others notice by themselves. After bad data, rank 0 saves what it has.
    const auto patience = code == int(ExitCode::data) ? std::chrono::seconds(60) : 2s;
    deadline_ = std::chrono::steady_clock::now() + patience;
  }

  void wait_for_the_rest() {
    if (!ended_by_us_ && std::chrono::steady_clock::now() >= deadline_) {
      ended_by_us_ = true;
      ::kill(-group, SIGKILL);  // also those that are stopped
    }
    std::this_thread::sleep_for(20ms);
  }

  int left_, code_ = 0;
  bool failed_ = false, ended_by_us_ = false;
  std::vector<pid_t> ranks_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace

int run_local_ranks(int count, char** argv) { return Watch(start(count, argv)).until_all_ended(); }

}  // namespace tools
