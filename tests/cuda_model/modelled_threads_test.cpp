// Threads of the model: barriers, shuffles, shared memory, limits.
#include <numeric>

#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/planted.h"
#include "tests/cuda_model/threads.h"

using namespace tests;
using namespace cuda_model;

namespace {

const char kHere = 0, kThere = 0;  // places

// Runs a kernel of one block on pinned memory of `n` ints, all 0 before; returns the memory.
int* run(unsigned threads, int n, const std::function<void(int*)>& thread) {
  void* p = nullptr;
  cudaHostAlloc(&p, size_t(n) * sizeof(int), 0);
  int* data = static_cast<int*>(p);
  std::fill(data, data + n, 0);
  launch(nullptr, {"planted", {1, threads}, 8, true, [=] { thread(data); }});
  cudaDeviceSynchronize();
  return data;
}

Ending ending_of_kernel(Schedule schedule, unsigned threads,
                        const std::function<void(int*)>& thread) {
  return ending_of(schedule, [&] { run(threads, 2048, thread); });
}

void check_noticed(unsigned threads, const char* text, const std::function<void(int*)>& thread) {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of_kernel(schedule, threads, thread);
    INFO(ending.said);
    CHECK(ending.exit_code == kRuleBroken);
    CHECK(ending.said.find(text) != std::string::npos);
  }
}

int shared[256];
int& shared_at(int i) {
  use_shared(shared, 256, sizeof(int), i);
  return shared[i];
}

}  // namespace

TEST_CASE("threads meet at barriers, whatever their order") {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, [] {
      const int* data = run(256, 256, [](int* out) {
        const int i = int(thread_index());
        shared_at(i) = i;
        barrier(&kHere);
        const int sum = shared_at(i) + shared_at(255 - i);
        barrier(&kThere);
        out[i] = sum;
      });
      for (int i = 0; i < 256; ++i)
        if (data[i] != 255) _exit(1);
    });
    INFO(ending.said);
    CHECK(ending.exit_code == 0);
  }
}

TEST_CASE("shuffles exchange values within each warp") {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, [] {
      const int* data = run(64, 64, [](int* out) {
        const unsigned i = thread_index();
        if (i >= 32) barrier(&kHere);  // warps need not keep pace
        out[i] = int(shuffle_xor(&kThere, i, 16));
        if (i < 32) barrier(&kHere);
      });
      for (int i = 0; i < 64; ++i)
        if (data[i] != (i ^ 16)) _exit(1);
    });
    INFO(ending.said);
    CHECK(ending.exit_code == 0);
  }
}

TEST_CASE("barriers and shuffles that some threads miss are noticed") {
  check_noticed(64, "do not meet", [](int*) {
    if (thread_index() % 32 < 16) barrier(&kHere);
  });
  check_noticed(64, "different places",
                [](int*) { barrier(thread_index() % 2 ? &kHere : &kThere); });
  check_noticed(64, "do not meet", [](int*) {
    if (thread_index() != 5) shuffle_xor(&kHere, 1, 1);
  });
  check_noticed(64, "do not meet", [](int*) { shuffle_xor(&kHere, 1, thread_index() % 2 + 1); });
  check_noticed(32, "do not meet", [](int*) {
    if (thread_index() == 0)
      barrier(&kHere);
    else
      shuffle_xor(&kHere, 1, 1);
  });
}

TEST_CASE("a race in shared memory is noticed in every order of threads") {
  check_noticed(64, "a race in shared memory", [](int* out) {
    const int i = int(thread_index());
    shared_at(i) = i;
    out[i] = shared_at(63 - i);  // no barrier
  });
  check_noticed(64, "a race in shared memory", [](int*) { shared_at(0) += 1; });
}

TEST_CASE("shared memory is bounded, and filled at the start of each block") {
  check_noticed(32, "of a shared array of 256", [](int*) { shared_at(int(thread_index()) + 240); });
  static char large[50000];
  check_noticed(32, "48 KiB", [](int*) { use_shared(large, 50000, 1, 0); });
  const Ending ending = ending_of(Schedule::early, [] {
    const int* data = run(32, 32, [](int* out) {
      out[thread_index()] = shared_at(int(thread_index()));
      shared_at(int(thread_index())) = 0;
    });
    run(32, 32, [](int* out) { out[thread_index()] = shared_at(int(thread_index())); });
    for (int i = 0; i < 32; ++i)
      if (data[i] != 0x7fff7fff) _exit(1);
  });
  CHECK(ending.exit_code == 0);
}

TEST_CASE("launches have limits") {
  const Ending ending = ending_of(Schedule::early, [] {
    for (Grid grid : {Grid{0, 32}, Grid{1, 0}, Grid{1, 1025}, Grid{0x80000000u, 1}}) {
      launch(nullptr, {"planted", grid, 8, false, [] {}});
      if (cudaGetLastError() != cudaErrorInvalidConfiguration) _exit(1);
    }
    launch(nullptr, {"planted", {1, 1024}, 4096, false, [] {}});
    if (cudaGetLastError() != cudaSuccess) _exit(2);
    launch(nullptr, {"planted", {1, 1}, 4097, false, [] {}});
  });
  CHECK(ending.exit_code == kRuleBroken);
  CHECK(ending.said.find("4097 bytes of parameters") != std::string::npos);
}

TEST_CASE("a kernel that touches what it must not, and one that throws") {
  const Ending ending = ending_of(Schedule::early, [] {
    run(64, 1, [](int* out) { out[int64_t(thread_index()) << 30] = 1; });
    if (cudaGetLastError() != cudaErrorIllegalAddress) _exit(1);
    const std::string text = cudaGetErrorString(cudaErrorIllegalAddress);
    _exit(text.find("kernel planted") == std::string::npos ? 2 : 0);
  });
  CHECK(ending.exit_code == 0);
  check_noticed(32, "thread 3 threw: three", [](int*) {
    if (thread_index() == 3) throw std::runtime_error("three");
  });
}
