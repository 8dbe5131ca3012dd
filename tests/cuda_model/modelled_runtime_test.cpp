// The model of CUDA's runtime notices what it is for: each rule, broken once.
#include <array>
#include <numeric>

#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/planted.h"
#include "tests/cuda_model/threads.h"

using namespace tests;
using cuda_model::Schedule;

namespace {

cudaStream_t stream() {
  cudaStream_t made = nullptr;
  ok(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
  return made;
}

cudaEvent_t event() {
  cudaEvent_t made = nullptr;
  ok(cudaEventCreateWithFlags(&made, cudaEventDisableTiming));
  return made;
}

template <class T> T* device_memory(size_t n) {
  void* p = nullptr;
  ok(cudaMalloc(&p, n * sizeof(T)));
  return static_cast<T*>(p);
}

template <class T> T* pinned_memory(size_t n) {
  void* p = nullptr;
  ok(cudaHostAlloc(&p, n * sizeof(T), cudaHostAllocDefault));
  return static_cast<T*>(p);
}

void copy(void* to, const void* from, size_t bytes, cudaStream_t on) {
  ok(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, on));
}

// data[i] = i + add, as work of the device.
void write_numbers(int* data, int n, int add, cudaStream_t on) {
  ok(cuda_model::enqueue(
      on, [=] { std::iota(data, data + n, add); }, "write_numbers"));
}

void order(cudaStream_t waiting, cudaStream_t awaited, cudaEvent_t by) {
  ok(cudaEventRecord(by, awaited));
  ok(cudaStreamWaitEvent(waiting, by, 0));
}

#define NOTICED(schedule, text, ...)                                 \
  do {                                                               \
    const Ending ending = ending_of(schedule, [&] { __VA_ARGS__; }); \
    INFO(ending.said);                                               \
    CHECK(ending.exit_code == cuda_model::kRuleBroken);              \
    CHECK(ending.said.find(text) != std::string::npos);              \
  } while (false)

// Two streams that hand numbers on, and the host; `waits`: as they should.
bool hands_on(bool waits, int rounds) {
  cudaStream_t first = stream(), second = stream();
  cudaEvent_t there = event(), back = event();
  constexpr int kNumbers = 100;
  int *here = device_memory<int>(kNumbers), *next = device_memory<int>(kNumbers);
  int* out = pinned_memory<int>(kNumbers);
  bool right = true;
  for (int round = 0; round < rounds; ++round) {
    if (waits && round) ok(cudaStreamWaitEvent(first, back, 0));
    write_numbers(here, kNumbers, round, first);
    if (waits) order(second, first, there);
    copy(next, here, kNumbers * sizeof(int), second);
    copy(out, next, kNumbers * sizeof(int), second);
    ok(cudaEventRecord(back, second));
    ok(cudaStreamSynchronize(second));
    for (int i = 0; i < kNumbers; ++i) right &= out[i] == i + round;
  }
  ok(cudaStreamSynchronize(first));
  ok(cudaFree(here));
  ok(cudaFree(next));
  ok(cudaFreeHost(out));
  return right;
}

}  // namespace

TEST_CASE("work in streams that wait for each other comes out right in every schedule") {
  for (Schedule schedule : kSchedules)
    CHECK(ending_of(schedule, [] { _exit(hands_on(true, 20) ? 0 : 1); }).exit_code == 0);
}

TEST_CASE("a wait that is missing shows in the results") {
  for (Schedule schedule : {Schedule::late, Schedule::random})
    CHECK(ending_of(schedule, [] { _exit(hands_on(false, 20) ? 0 : 1); }).exit_code == 1);
}

TEST_CASE("a pinned buffer that is used again too early shows in the results") {
  const Ending ending = ending_of(Schedule::late, [] {
    cudaStream_t on = stream();
    int *from = pinned_memory<int>(1), *to = device_memory<int>(1), *out = pinned_memory<int>(1);
    *from = 1;
    copy(to, from, sizeof(int), on);
    *from = 2;
    copy(out, to, sizeof(int), on);
    ok(cudaStreamSynchronize(on));
    _exit(*out);
  });
  CHECK(ending.exit_code == 2);
}

TEST_CASE("the host cannot touch memory of a device") {
  for (Schedule schedule : kSchedules) {
    NOTICED(schedule, "the host touched memory of a device", *device_memory<int>(4) = 1);
    NOTICED(schedule, "byte 8 of 16 bytes of device 0", int* p = device_memory<int>(4);
            write_numbers(p, 4, 0, stream()); ok(cudaDeviceSynchronize()); _exit(p[2]));
  }
}

TEST_CASE("memory is filled when it is given out, and guarded on both sides") {
  NOTICED(Schedule::early, "behind a piece of memory", int* p = device_memory<int>(3);
          write_numbers(p, 4, 0, stream()); ok(cudaFree(p)));
  NOTICED(Schedule::early, "before a piece of memory", int* p = device_memory<int>(3);
          write_numbers(p - 1, 2, 0, stream()); ok(cudaDeviceSynchronize()));
  const Ending fill = ending_of(Schedule::early, [] {
    uint16_t* out = pinned_memory<uint16_t>(8);
    uint16_t* in = device_memory<uint16_t>(8);
    ok(cudaMemcpy(out, in, 16, cudaMemcpyDeviceToHost));
    _exit(out[7] == cuda_model::kFill ? 0 : 1);
  });
  CHECK(fill.exit_code == 0);
}

TEST_CASE("a piece of work far outside memory is CUDA's error, and stays") {
  const Ending ending = ending_of(Schedule::early, [] {
    int* p = device_memory<int>(64);
    write_numbers(p, 64 + 4096, 0, stream());
    if (cudaDeviceSynchronize() != cudaErrorIllegalAddress) _exit(1);
    if (cudaGetLastError() != cudaErrorIllegalAddress) _exit(2);
    if (cudaFree(p) != cudaErrorIllegalAddress) _exit(3);
    const std::string text = cudaGetErrorString(cudaErrorIllegalAddress);
    _exit(text.find("write_numbers") == std::string::npos ? 4 : 0);
  });
  CHECK(ending.exit_code == 0);
}

TEST_CASE("memory that is given back too early or twice, or never, is noticed") {
  NOTICED(Schedule::late, "was given back", cudaStream_t on = stream();
          int* p = device_memory<int>(4); int* out = pinned_memory<int>(4); copy(out, p, 16, on);
          ok(cudaFree(p)); ok(cudaStreamSynchronize(on)));
  NOTICED(Schedule::early, "given back twice", int* p = device_memory<int>(4); ok(cudaFree(p));
          cudaFree(p));
  NOTICED(Schedule::early, "1 pieces of memory were never given back", device_memory<int>(4);
          std::exit(0));
}

TEST_CASE("memory has a size, and running out of it is CUDA's error") {
  const Ending ending = ending_of(Schedule::early, [] {
    cuda_model::settings().memory = 1 << 20;
    void* p = nullptr;
    size_t free = 0, total = 0;
    if (cudaMalloc(&p, 2 << 20) != cudaErrorMemoryAllocation) _exit(1);
    if (cudaGetLastError() != cudaErrorMemoryAllocation) _exit(2);
    if (cudaGetLastError() != cudaSuccess) _exit(3);
    ok(cudaMalloc(&p, 1 << 19));
    ok(cudaMemGetInfo(&free, &total));
    _exit(free == 1 << 19 && total == 1 << 20 ? 0 : 4);
  });
  CHECK(ending.exit_code == 0);
}

TEST_CASE("copies that do not fit their memory are refused") {
  const Ending ending = ending_of(Schedule::early, [] {
    int* p = device_memory<int>(4);
    std::array<int, 8> here{};
    cudaStream_t on = stream();
    if (cudaMemcpyAsync(p, here.data(), 32, cudaMemcpyDefault, on) != cudaErrorInvalidValue)
      _exit(1);
    if (cudaMemcpyAsync(p, here.data(), 16, cudaMemcpyDeviceToHost, on) != cudaErrorInvalidValue)
      _exit(2);
    ok(cudaMemcpyAsync(p, here.data(), 16, cudaMemcpyHostToDevice, on));
  });
  CHECK(ending.exit_code == 0);
}

TEST_CASE("events: used before they are recorded, or after they are destroyed") {
  NOTICED(Schedule::early, "never recorded", cudaStreamWaitEvent(stream(), event(), 0));
  NOTICED(Schedule::early, "after it was destroyed", cudaEvent_t e = event();
          ok(cudaEventDestroy(e)); cudaEventRecord(e, stream()));
  NOTICED(Schedule::early, "after it was destroyed", cudaStream_t s = stream();
          ok(cudaStreamDestroy(s)); cudaStreamSynchronize(s));
}

TEST_CASE("a handle of another device is refused, and so is another device's memory") {
  const Ending ending = ending_of(Schedule::early, [] {
    cuda_model::settings().devices = 2;
    cudaStream_t first = stream();
    cudaEvent_t of_first = event();
    int* p = device_memory<int>(4);
    ok(cudaSetDevice(1));
    cuda_model::launch(first, {"any", {1, 1}, 0, false, [] {}});
    if (cudaGetLastError() != cudaErrorInvalidResourceHandle) _exit(1);
    cudaStream_t second = stream();
    if (cudaEventRecord(of_first, second) != cudaErrorInvalidResourceHandle) _exit(2);
    if (cudaSetDevice(2) != cudaErrorInvalidDevice) _exit(3);
    int* q = device_memory<int>(4);
    copy(q, p, 16, second);  // copies may
    ok(cudaStreamSynchronize(second));
    write_numbers(p, 4, 0, second);
    if (cudaStreamSynchronize(second) != cudaErrorIllegalAddress) _exit(4);
    ok(cudaSetDevice(0));
  });
  CHECK(ending.exit_code == 0);
}
