#include "engine/base/worker_threads.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace base {

void for_each_parallel(size_t count, int threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  size_t error_index = count;
  auto run = [&] {
    for (size_t index; (index = next++) < count;) {
      try {
        work(index);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (index < error_index) error = std::current_exception(), error_index = index;
        next = count;  // lower ones have all been handed out
      }
    }
  };
  if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  size_t helpers = std::min<size_t>(std::max(threads, 1), std::max<size_t>(count, 1)) - 1;
  {
    std::vector<std::jthread> pool;
    try {
      for (size_t i = 0; i < helpers; ++i) pool.emplace_back(run);
    } catch (const std::system_error&) {  // there are no more; those that run do the work
    }
    run();
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace base
