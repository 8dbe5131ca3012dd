#include "tests/cuda_model/nccl/meeting.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/cuda_model/model.h"

namespace cuda_model::nccl {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(60);

// A process that has ended and that nobody has waited for is a zombie.
bool alive(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string number, name, state;
  file >> number >> name >> state;
  return file && state != "Z";
}

}  // namespace

std::string in_words(const CallWords& c) {
  return "call " + std::to_string(c.number) + ", " + c.kind + " of " + std::to_string(c.count) +
         " elements of type " + std::to_string(c.type) +
         (c.root >= 0 ? " from rank " + std::to_string(c.root) : "");
}

Meeting::Meeting(const std::string& name, int rank, int size, int device)
    : rank_(rank), size_(size) {
  const int file = ::shm_open(name.c_str(), O_RDWR | O_CREAT, 0600);
  if (file < 0 || ::ftruncate(file, sizeof(Shared)) != 0) fail("NCCL: no shared memory " + name);
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) fail("NCCL: shared memory cannot be mapped");
  shared_ = static_cast<Shared*>(memory);  // zeros, which is how its atomics begin
  Slot& mine = shared_->slots[rank];
  mine.device = device;
  if (mine.process.exchange(::getpid()) != 0)
    fail("NCCL: two processes are rank " + std::to_string(rank));
  if (shared_->joined.fetch_add(1) + 1 == size) ::shm_unlink(name.c_str());
}

bool Meeting::complete() const { return shared_->joined == size_; }

bool Meeting::shares_a_gpu() const {
  for (int r = 0; r < size_; ++r)
    if (r != rank_ && shared_->slots[r].device == shared_->slots[rank_].device) return true;
  return false;
}

int Meeting::missing() const {
  for (int r = 0; r < size_; ++r)
    if (const int process = shared_->slots[r].process; process != 0 && !alive(process)) return r;
  return -1;
}

bool Meeting::wait_for_all(const CallWords& call) {
  shared_->slots[rank_].arrived = ++arrivals_;
  const auto end = Clock::now() + kPatience;
  for (int r = 0; r < size_; ++r)
    while (shared_->slots[r].arrived < arrivals_) {
      if (aborted_) return false;
      if (Clock::now() > end)
        fail("NCCL: rank " + std::to_string(r) + " does not make " + in_words(call));
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  return !aborted_;
}

void Meeting::compare(const CallWords& call) const {
  for (int r = 0; r < size_; ++r)
    if (const CallWords& other = shared_->slots[r].call;
        std::memcmp(&other, &call, sizeof call) != 0)
      fail("NCCL: rank " + std::to_string(rank_) + " makes " + in_words(call) + ", rank " +
           std::to_string(r) + " makes " + in_words(other));
}

bool Meeting::give(const CallWords& call, const void* mine, size_t bytes) {
  Slot& slot = shared_->slots[rank_];
  slot.call = call;
  std::memcpy(slot.data, mine, bytes);
  if (!wait_for_all(call)) return false;
  compare(call);
  return true;
}

bool Meeting::release() { return wait_for_all(shared_->slots[rank_].call); }

const char* Meeting::part(int rank) const { return shared_->slots[rank].data; }

}  // namespace cuda_model::nccl
