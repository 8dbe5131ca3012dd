// One rank's end of an NCCL communicator that does not block: calls return at once and are polled.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/nccl/library.h"

namespace engine {

class NcclCommunicator {
 public:
  // Returns the name of a rank that is known to be gone, or an empty text if there is none. The
  // watching thread calls it.
  using Gone = std::function<std::string()>;

  // All ranks make theirs at the same time, with the same id. Throws Error(resources) after
  // `seconds`. A wait for the GPU of more than `longest_wait` seconds counts as a rank that hangs.
  NcclCommunicator(const nccl::UniqueId&, int rank, int size, double seconds, double longest_wait,
                   Gone);
  // If it was aborted, this waits until NCCL has let go of it.
  ~NcclCommunicator();
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;

  // Makes one call of NCCL, as call(communicator), and waits until NCCL has queued its work. Throws
  // Error(resources) if that fails, or if the communicator was aborted, with the reason.
  template <class Call> void make(const char* name, const Call& call) {
    const std::lock_guard held(mutex_);
    check_usable(name);
    finish(call(communicator_), name);
  }

  // Lets the watching thread abort the communicator: kernels that wait for other ranks then end,
  // with any result. Returns at once, since NCCL's abort may have to wait for the caller's graphs.
  void abort(const std::string& why);
  bool aborted() const { return aborted_; }  // set before the first kernel ends
  std::string why_aborted();

 private:
  void check_usable(const char* name) const;
  void finish(nccl::Result, const char* name);
  std::string trouble();
  std::string reported_error();
  nccl::Communicator* taken(const std::string& why);
  void watch();

  nccl::Communicator* communicator_ = nullptr;
  const double seconds_, longest_wait_;
  const Gone gone_;
  std::mutex mutex_;  // of communicator_ and why_, which the watching thread may change
  std::string why_;   // if not empty, the communicator is aborted, or will be soon
  std::atomic<bool> aborted_ = false, ends_ = false;
  std::thread watcher_;
};

}  // namespace engine
