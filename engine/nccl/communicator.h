// One rank's end of an NCCL communicator that does not block: calls return at once and are polled.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <thread>

#include "engine/nccl/library.h"

namespace engine {

class NcclCommunicator {
 public:
  // All ranks make theirs at the same time, with the same id. Error(resources) after `seconds`.
  NcclCommunicator(const nccl::UniqueId&, int rank, int size, double seconds);
  ~NcclCommunicator();
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;

  // Makes one call of NCCL, as call(communicator), and waits until NCCL has queued its work.
  template <class Call> void make(const char* name, const Call& call) {
    const std::lock_guard held(mutex_);
    check_alive(name);
    finish(call(communicator_), name);
  }
  // Kernels that wait for other ranks end, with any result. Nothing may be called afterwards.
  void abort() noexcept;

 private:
  void check_alive(const char* name) const;
  void finish(nccl::Result, const char* name);
  void watch();

  nccl::Communicator* communicator_ = nullptr;
  const double seconds_;
  std::mutex mutex_;  // of communicator_: the watching thread may abort it
  std::string failure_;
  std::atomic<bool> ends_ = false;
  std::thread watcher_;
};

}  // namespace engine
