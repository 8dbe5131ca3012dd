#include "engine/arena.h"

#include <algorithm>
#include <string>

#include "engine/base/error.h"

namespace engine {

namespace {

std::string in_words(size_t bytes) {
  constexpr size_t kKiB = 1 << 10, kMiB = 1 << 20;
  return bytes < kMiB ? base::concatenate((bytes + kKiB - 1) / kKiB, " KiB")
                      : base::concatenate(bytes / kMiB, " MiB");
}

}  // namespace

Arena::Arena(void* base, size_t size)
    : base_(static_cast<char*>(base)), size_(size / kAlignment * kAlignment), free_{{0, size_}} {}

void* Arena::take_from(Gaps& gaps, size_t bytes) {
  for (auto gap = gaps.begin(); gap != gaps.end(); ++gap) {
    auto [offset, size] = *gap;
    if (size < bytes) continue;
    gaps.erase(gap);
    if (size > bytes) gaps[offset + bytes] = size - bytes;
    used_[offset] = {bytes, branch_};
    live_ += bytes;
    peak_ = std::max(peak_, offset + bytes);
    trace_ = (trace_ ^ offset ^ bytes << 20) * 1099511628211ull;
    return base_ + offset;
  }
  return nullptr;
}

void* Arena::take(size_t bytes) {
  bytes = std::max(kAlignment, aligned(bytes));
  void* taken = branches_open_ ? take_from(returned_[branch_], bytes) : nullptr;
  if (!taken) taken = take_from(free_, bytes);
  if (taken) return taken;
  base::fail(base::ExitCode::resources, "out of step memory: ", in_words(bytes), " wanted, ",
             in_words(live_), " of ", in_words(size_),
             " in use; a smaller batch, smaller images or a half precision take less; the limit is "
             "train.memory_gib or --memory-gib, or what the device has");
}

// Adds a gap, merged with its neighbours.
void Arena::put(Gaps& gaps, size_t offset, size_t size) {
  auto next = gaps.lower_bound(offset);
  if (next != gaps.end() && next->first == offset + size) {
    size += next->second;
    next = gaps.erase(next);
  }
  if (next != gaps.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == offset) {
      previous->second += size;
      return;
    }
  }
  gaps[offset] = size;
}

void Arena::give_back(void* p) {
  auto used = used_.find(size_t(static_cast<char*>(p) - base_));
  if (used == used_.end()) return;
  auto [offset, piece] = *used;
  used_.erase(used);
  live_ -= piece.size;
  const bool own = piece.branch == branch_;
  put(branches_open_ ? returned_[own ? branch_ : kNoBranch] : free_, offset, piece.size);
}

void Arena::open_branches() {
  SSD_CHECK(!branches_open_, "branches within branches");
  branches_open_ = true;
}

void Arena::enter_branch(int branch) {
  SSD_CHECK(branches_open_ && branch >= 0, "no such branch");
  branch_ = branch;
}

void Arena::close_branches() noexcept {
  for (const auto& [branch, gaps] : returned_)
    for (const auto& [offset, size] : gaps) put(free_, offset, size);
  returned_.clear();
  branches_open_ = false;
  branch_ = kNoBranch;
}

}  // namespace engine
