// A thread that does one piece of work after another, for any thread that asks. A network is made,
// used and destroyed on one thread, for two reasons: its plans belong to the number of OpenMP
// threads of the thread that made them, and CUDA chooses a GPU for each thread.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace ssd {

class SerialThread {
 public:
  // The thread, and those that OpenMP starts for it, get no signals of the process. `at_end` is the
  // last work that the thread does; it must not throw.
  explicit SerialThread(std::function<void()> at_end);
  // Waits for the work that was asked for, and for at_end. Throws nothing and allocates nothing.
  ~SerialThread();
  SerialThread(const SerialThread&) = delete;
  SerialThread& operator=(const SerialThread&) = delete;

  // Does `work` after all that was asked for before, and returns when it is done. Throws what it
  // throws.
  void call(std::function<void()> work);

 private:
  void serve();

  const std::function<void()> at_end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ssd
