#include "engine/nccl/communicator.h"

#include <chrono>
#include <utility>

#include "engine/base/error.h"

namespace engine {
namespace {

using base::ExitCode, base::fail, nccl::Result;
using Clock = std::chrono::steady_clock;

constexpr auto kBetweenLooks = std::chrono::milliseconds(50);
constexpr auto kWhileQueueing = std::chrono::microseconds(50);

}  // namespace

NcclCommunicator::NcclCommunicator(const nccl::UniqueId& id, int rank, int size, double seconds)
    : seconds_(seconds) {
  nccl::Config config;
  try {
    finish(nccl_library().CommInitRankConfig(&communicator_, size, id, rank, &config),
           "ncclCommInitRankConfig");
  } catch (...) {
    abort();
    throw;
  }
  watcher_ = std::thread([this] { watch(); });
}

NcclCommunicator::~NcclCommunicator() {
  ends_ = true;
  watcher_.join();
  if (!communicator_) return;
  // Destroying waits for all ranks, which a rank that has failed will not join: after `seconds`
  // this one gives up.
  try {
    finish(nccl_library().CommFinalize(communicator_), "ncclCommFinalize");
    nccl_library().CommDestroy(communicator_);
  } catch (const std::exception&) {
    abort();
  }
}

void NcclCommunicator::abort() noexcept {
  const std::lock_guard held(mutex_);
  if (communicator_) nccl_library().CommAbort(std::exchange(communicator_, nullptr));
}

void NcclCommunicator::check_alive(const char* name) const {
  if (communicator_) return;
  fail(ExitCode::resources, name, ": ",
       failure_.empty() ? "the ranks' communicator was aborted" : failure_);
}

void NcclCommunicator::finish(Result result, const char* name) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds_);
  while (result == Result::in_progress) {
    if (Clock::now() > end)
      fail(ExitCode::resources, "NCCL: ", name, " waits for other ranks for ", seconds_, " s");
    std::this_thread::sleep_for(kWhileQueueing);
    const Result asked = nccl_library().CommGetAsyncError(communicator_, &result);
    if (asked != Result::success) result = asked;
  }
  if (result != Result::success)
    fail(ExitCode::resources, nccl_failure(result, name, communicator_));
}

// The host may wait for a stream when another rank dies. Only an abort ends that.
void NcclCommunicator::watch() {
  for (; !ends_; std::this_thread::sleep_for(kBetweenLooks)) {
    const std::lock_guard held(mutex_);
    if (!communicator_) return;
    Result state = Result::success;
    const Result asked = nccl_library().CommGetAsyncError(communicator_, &state);
    if (asked != Result::success) state = asked;
    if (state == Result::success || state == Result::in_progress) continue;
    failure_ = nccl_failure(state, "a sum over ranks", communicator_);
    nccl_library().CommAbort(std::exchange(communicator_, nullptr));
    return;
  }
}

}  // namespace engine
