// Arrays of a test as a kernel sees them: the arrays themselves on the CPU, where sanitizers watch
// them; on a GPU copies of exactly their size, so that compute-sanitizer does.
#pragma once
#include <functional>
#include <list>

#include "tests/support/engine/bench.h"

namespace tests {

class DeviceArrays {
 public:
  explicit DeviceArrays(const std::string& device);

  kernels::Queue queue() const { return backend_.queue(engine::Lane::compute); }
  // A kernel's input.
  template <class T> View input(const std::vector<T>& from, DType dtype, Shape shape) {
    return {place(from.data(), from.size() * sizeof(T)), dtype, shape};
  }
  // What a kernel writes or changes; fetch() brings it back. `to` must stay where it is.
  template <class T> View output(std::vector<T>& to, DType dtype, Shape shape) {
    void* data = place(to.data(), to.size() * sizeof(T));
    if (data != to.data()) results_.push_back({to.data(), data, to.size() * sizeof(T)});
    return {data, dtype, shape};
  }
  // Waits for the kernels, and copies what they wrote.
  void fetch();

 private:
  struct Result {
    void *to, *from;
    size_t bytes;
  };
  void* place(const void* from, size_t bytes);

  engine::Backend& backend_;
  std::list<engine::Memory> copies_;
  std::vector<Result> results_;
};

// All, or `few`, or the fiftieth part, where the environment variable SSD_TEST_FEW_ROUNDS is set:
// for tools that slow a GPU down, and for a GPU in software.
int rounds(int all, int few);
int rounds(int all);

}  // namespace tests
