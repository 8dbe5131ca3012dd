#include "engine/arena.h"

#include <algorithm>

#include "engine/error.h"

namespace engine {

namespace {
constexpr size_t kAlignment = 256;
}

Arena::Arena(void* base, size_t size)
    : base_(static_cast<char*>(base)), size_(size / kAlignment * kAlignment), free_{{0, size_}} {}

void* Arena::take(size_t bytes) {
  bytes = std::max(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  for (auto gap = free_.begin(); gap != free_.end(); ++gap) {
    auto [offset, size] = *gap;
    if (size < bytes) continue;
    free_.erase(gap);
    if (size > bytes) free_[offset + bytes] = size - bytes;
    used_[offset] = bytes;
    live_ += bytes;
    peak_ = std::max(peak_, offset + bytes);
    trace_ = (trace_ ^ offset ^ bytes << 20) * 1099511628211ull;
    return base_ + offset;
  }
  fail(ExitCode::resources, "out of step memory: ", bytes >> 20, " MiB wanted, ", live_ >> 20,
       " of ", size_ >> 20, " MiB in use; use a smaller batch or raise memory_gib");
}

void Arena::give_back(void* p) {
  auto used = used_.find(size_t(static_cast<char*>(p) - base_));
  if (used == used_.end()) return;
  auto [offset, size] = *used;
  used_.erase(used);
  live_ -= size;
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && next->first == offset + size) {
    size += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == offset) {
      previous->second += size;
      return;
    }
  }
  free_[offset] = size;
}

}  // namespace engine
