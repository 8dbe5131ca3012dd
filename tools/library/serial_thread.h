// A thread that does one piece of work after another, for any thread that asks. Plans of
// convolutions belong to the number of OpenMP threads of the thread that made them, so a network
// has to stay on one thread.
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
  // The thread, and those that OpenMP starts for it, get no signals of the process.
  SerialThread();
  ~SerialThread();  // waits for the work that was asked for
  SerialThread(const SerialThread&) = delete;
  SerialThread& operator=(const SerialThread&) = delete;

  // Does `work` after all that was asked for before, and returns when it is done. Throws what it
  // throws.
  void call(std::function<void()> work);

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<void()>> waiting_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace ssd
