#include "tests/cuda_model/shared_memory.h"

#include <cstring>
#include <map>
#include <vector>

#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/threads.h"

namespace cuda_model {
namespace {

constexpr size_t kMostShared = size_t(48) << 10;

struct Element {
  uint64_t phase = 0;  // the latest that used it
  unsigned thread = 0;
  bool by_many = false;
};

struct Array {
  char* data = nullptr;
  size_t bytes = 0;  // of an element
  uint64_t block = 0;
  std::vector<Element> elements;
  std::vector<char> before;  // each element as the phase found it
};

std::map<void*, Array>& arrays() {
  static auto& all = *new std::map<void*, Array>;
  return all;
}
thread_local bool watching = false;
uint64_t block = 0, phase = 0;
size_t in_use = 0;                                   // bytes of this block
std::vector<std::pair<Array*, int>> shared_by_many;  // elements, in this phase

// An element of the usual sizes is copied without a call.
void copy_element(char* to, const char* from, size_t bytes) {
  if (bytes == 4)
    std::memcpy(to, from, 4);
  else if (bytes == 8)
    std::memcpy(to, from, 8);
  else
    std::memcpy(to, from, bytes);
}

void enter_block(Array& array, void* data, int n, size_t bytes) {
  if (array.elements.size() != size_t(n) || array.bytes != bytes)
    array = {static_cast<char*>(data), bytes, 0, std::vector<Element>(size_t(n)),
             std::vector<char>(size_t(n) * bytes)};
  array.block = block;
  in_use += size_t(n) * bytes;
  if (in_use > kMostShared)
    fail(std::to_string(in_use) + " bytes of shared memory in a block, which has 48 KiB");
  for (size_t i = 0; i + 2 <= size_t(n) * bytes; i += 2) std::memcpy(array.data + i, &kFill, 2);
}

}  // namespace

void watch_shared(bool on) { watching = on; }

void begin_shared_block() {
  ++block;
  ++phase;
  in_use = 0;
  shared_by_many.clear();
}

void end_shared_phase() {
  for (const auto& [array, i] : shared_by_many) {
    const size_t at = size_t(i) * array->bytes;
    if (std::memcmp(array->data + at, array->before.data() + at, array->bytes) != 0)
      fail("a race in shared memory: element " + std::to_string(i) + " of " +
           std::to_string(array->elements.size()) +
           " changed between two barriers, and two threads"
           " used it, one of them " +
           std::to_string(array->elements[size_t(i)].thread));
  }
  shared_by_many.clear();
  ++phase;
}

void use_shared(void* data, int n, size_t bytes, int i) {
  if (!watching) return;
  static std::pair<void*, Array*> latest{nullptr, nullptr};  // the same array comes again and again
  if (latest.first != data) latest = {data, &arrays()[data]};
  Array& array = *latest.second;
  if (array.block != block || array.bytes != bytes) enter_block(array, data, n, bytes);
  if (i < 0 || i >= n)
    fail("index " + std::to_string(i) + " of a shared array of " + std::to_string(n));
  Element& element = array.elements[size_t(i)];
  if (element.phase != phase) {
    element = {phase, thread_index(), false};
    const size_t at = size_t(i) * bytes;
    copy_element(array.before.data() + at, array.data + at, bytes);
  } else if (element.thread != thread_index() && !element.by_many) {
    element.by_many = true;
    shared_by_many.emplace_back(&array, i);
  }
}

}  // namespace cuda_model
