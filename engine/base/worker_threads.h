// Runs independent pieces of work on a few threads.
#pragma once
#include <cstddef>
#include <functional>

namespace base {

// Calls work(0) .. work(count - 1), in any order, on `threads` threads, or one per core if that is
// 0. If the system starts no more threads, there are fewer.
// If calls throw, throws the exception of the lowest index after all threads have ended.
void for_each_parallel(size_t count, int threads, const std::function<void(size_t)>& work);

}  // namespace base
