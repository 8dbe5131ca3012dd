#include "tools/ranks/rank_watch.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/tell.h"

namespace tools {
namespace {

using base::ExitCode;
using namespace std::chrono_literals;

// Waits for the ranks as they end.
class Watch {
 public:
  Watch(std::vector<pid_t> ranks, pid_t group, const std::atomic<int>& handed_on)
      : left_(int(ranks.size())), ranks_(std::move(ranks)), group_(group), handed_on_(handed_on) {}

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
    if (failed_) ::kill(-group_, SIGKILL);  // ends what the ranks have started and left behind
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
    // Nothing is printed, because whoever sent the signal knows.
    if (signal == handed_on_) return fail_with(128 + signal);
    if (!ended_by_us_)
      base::tell(fmt::format("rank {} (process {}) was killed by signal {} ({})", rank, process,
                             signal, strsignal(signal)));
    fail_with(int(ExitCode::resources));
  }

  void fail_with(int code) {
    if (failed_) return;
    failed_ = true;
    code_ = code;
    // The others notice the failure by themselves, free their GPUs and print an error. This takes
    // some seconds. After bad data, rank 0 also saves a checkpoint.
    const auto patience = code == int(ExitCode::data) ? 60s : 3s;
    deadline_ = std::chrono::steady_clock::now() + patience;
  }

  void wait_for_the_rest() {
    if (!ended_by_us_ && std::chrono::steady_clock::now() >= deadline_) {
      ended_by_us_ = true;
      ::kill(-group_, SIGKILL);  // also those that are stopped
    }
    std::this_thread::sleep_for(20ms);
  }

  int left_, code_ = 0;
  bool failed_ = false, ended_by_us_ = false;
  std::vector<pid_t> ranks_;
  const pid_t group_;
  const std::atomic<int>& handed_on_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace

int wait_for_ranks(std::vector<pid_t> ranks, pid_t group, const std::atomic<int>& handed_on) {
  return Watch(std::move(ranks), group, handed_on).until_all_ended();
}

}  // namespace tools
