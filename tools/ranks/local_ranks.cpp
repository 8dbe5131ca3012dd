#include "tools/ranks/local_ranks.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/error.h"
#include "engine/collectives/socket.h"
#include "tools/ranks/rank_watch.h"
#include "tools/run/rank_place.h"

namespace tools {
namespace {

using base::ExitCode;

constexpr std::array kHandedOn{SIGTERM, SIGINT, SIGUSR1, SIGHUP};
std::atomic<pid_t> group{0};    // of the ranks' processes
std::atomic<int> handed_on{0};  // the last signal that the ranks got from here
static_assert(std::atomic<pid_t>::is_always_lock_free, "the handler must not lock");

void hand_on(int number) {
  const int before = errno;
  handed_on = number;
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

}  // namespace

int run_local_ranks(int count, char** argv) {
  const std::vector<pid_t> ranks = start(count, argv);  // sets the group
  return wait_for_ranks(ranks, group, handed_on);
}

}  // namespace tools
