#include "engine/nccl/communicator.h"

#include <chrono>
#include <utility>

#include "engine/base/error.h"
#include "engine/device_wait.h"

namespace engine {
namespace {

using base::ExitCode, base::fail, nccl::Result;
using Clock = std::chrono::steady_clock;

constexpr auto kBetweenLooks = std::chrono::milliseconds(50);
constexpr auto kWhileQueueing = std::chrono::microseconds(50);

}  // namespace

NcclCommunicator::NcclCommunicator(const nccl::UniqueId& id, int rank, int size, double seconds,
                                   double longest_wait, Gone gone)
    : seconds_(seconds), longest_wait_(longest_wait), gone_(std::move(gone)) {
  nccl::Config config;
  try {
    finish(nccl_library().CommInitRankConfig(&communicator_, size, id, rank, &config),
           "the ranks' meeting on their GPUs");
  } catch (...) {  // nothing is queued yet, so the abort need not wait for anything
    if (communicator_) nccl_library().CommAbort(communicator_);
    throw;
  }
  watcher_ = std::thread([this] { watch(); });
}

NcclCommunicator::~NcclCommunicator() {
  ends_ = true;
  watcher_.join();
  if (!communicator_) return;
  // Destroying waits for all ranks. A rank that has failed does not take part, so this rank gives
  // up after `seconds`.
  try {
    check_usable("the end");
    finish(nccl_library().CommFinalize(communicator_), "the ranks' farewell");
    nccl_library().CommDestroy(communicator_);
  } catch (const std::exception&) {
    nccl_library().CommAbort(communicator_);
  }
}

void NcclCommunicator::abort(const std::string& why) {
  const std::lock_guard held(mutex_);
  if (why_.empty()) why_ = why;
}

std::string NcclCommunicator::why_aborted() {
  const std::lock_guard held(mutex_);
  return why_;
}

void NcclCommunicator::check_usable(const char* name) const {
  if (!why_.empty()) fail(ExitCode::resources, name, ": ", why_);
}

void NcclCommunicator::finish(Result result, const char* name) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds_);
  while (result == Result::in_progress) {
    if (Clock::now() > end)
      fail(ExitCode::resources, "NCCL: ", name, " waits for other ranks for ", seconds_, " s");
    if (const std::string rank = gone_(); !rank.empty())
      fail(ExitCode::resources, rank, " is gone: it ended or lost its connection before ", name);
    std::this_thread::sleep_for(kWhileQueueing);
    const Result asked = nccl_library().CommGetAsyncError(communicator_, &result);
    if (asked != Result::success) result = asked;
  }
  if (result != Result::success)
    fail(ExitCode::resources, nccl_failure(result, name, communicator_));
}

std::string NcclCommunicator::reported_error() {
  const std::unique_lock held(mutex_, std::try_to_lock);
  if (!held) return {};  // a call is being made, which looks itself
  if (!why_.empty()) return why_;
  Result state = Result::success;
  const Result asked = nccl_library().CommGetAsyncError(communicator_, &state);
  if (asked != Result::success) state = asked;
  if (state == Result::success || state == Result::in_progress) return {};
  return nccl_failure(state, "an exchange of ranks", communicator_);
}

// Why the communicator has to be aborted; empty if all is well.
std::string NcclCommunicator::trouble() {
  if (const std::string rank = gone_(); !rank.empty())
    return rank + " is gone: it ended or lost its connection";
  if (seconds_waiting() > longest_wait_)
    return base::concatenate("this rank's GPU has waited for other ranks for ", longest_wait_,
                             " s: one of them hangs");
  return reported_error();
}

nccl::Communicator* NcclCommunicator::taken(const std::string& why) {
  const std::lock_guard held(mutex_);
  if (why_.empty()) why_ = why;
  aborted_ = true;
  return std::exchange(communicator_, nullptr);
}

// The thread that trains may be waiting for its GPU when another rank dies. Only an abort ends that
// wait, so this thread makes it. The communicator is marked first, and the lock is free during the
// abort: NCCL ends it only when the other thread has destroyed its graphs.
void NcclCommunicator::watch() {
  std::string why;
  while ((why = trouble()).empty()) {
    if (ends_) return;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  nccl_library().CommAbort(taken(why));
}

}  // namespace engine
