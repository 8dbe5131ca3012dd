// Where the ranks of one communicator meet: memory that their processes share, named by the id.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace cuda_model::nccl {

constexpr int kMostRanks = 16;
constexpr size_t kRoundBytes = size_t(1) << 20;  // of a buffer, that are exchanged at once

// What ranks must agree on, and where in the order of calls it stands.
struct CallWords {
  char kind[16];
  int type, root;
  uint64_t count, number;
};

class Meeting {
 public:
  Meeting(const std::string& name, int rank, int size, int device);

  bool complete() const;  // all ranks have come
  int rank() const { return rank_; }
  int size() const { return size_; }
  // Two ranks have the same GPU.
  bool shares_a_gpu() const;
  int missing() const;  // a rank whose process has ended, or -1

  // Gives `bytes` of this rank, at most kRoundBytes, and gets those of all: part(r). All wait for
  // each other, before and after use. False: the communicator was aborted. Different calls, and a
  // rank that does not come for a minute, break a rule.
  bool give(const CallWords&, const void* mine, size_t bytes);
  const char* part(int rank) const;
  bool release();

  void abort() { aborted_ = true; }
  bool aborted() const { return aborted_; }

 private:
  struct Slot {
    std::atomic<int> process, device;
    std::atomic<uint64_t> arrived;
    CallWords call;
    char data[kRoundBytes];
  };
  struct Shared {
    std::atomic<int> joined;
    Slot slots[kMostRanks];
  };
  bool wait_for_all(const CallWords&);
  void compare(const CallWords&) const;

  Shared* shared_ = nullptr;
  const int rank_, size_;
  uint64_t arrivals_ = 0;
  std::atomic<bool> aborted_ = false;
};

std::string in_words(const CallWords&);

}  // namespace cuda_model::nccl
