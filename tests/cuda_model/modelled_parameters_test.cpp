// Kernels whose parameters point to memory of the host, which a GPU cannot use.
#include <array>
#include <vector>

#include "kernels/elementwise.h"
#include "tests/cuda_model/device.h"
#include "tests/cuda_model/planted.h"

using namespace tests;
using cuda_model::Schedule;

namespace {

const kernels::Queue kGpu{.gpu = true};
int of_the_program = 3;

template <class T> T* memory(bool pinned) {
  void* p = nullptr;
  ok(pinned ? cudaHostAlloc(&p, sizeof(T), cudaHostAllocDefault) : cudaMalloc(&p, sizeof(T)));
  return static_cast<T*>(p);
}

// *to += *from; also with blocks whose threads meet.
struct Planted {
  const int* from;
  int* to;
  void operator()() const {
    if (cuda_model::thread_index() == 0) *to += *from;
  }
};

void run(const Planted& kernel, bool meet) {
  constexpr const char* kSpelled = "[with K = Planted]";
  if (meet)
    kernels::device::launch_blocks<32>(kGpu, kSpelled, 1, kernel);
  else
    kernels::device::launch(kGpu, kSpelled, 1, 32, kernel);
  ok(cudaGetLastError());
  ok(cudaDeviceSynchronize());
}

void check_noticed(const char* kernel, const std::function<void()>& program) {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, program);
    INFO(ending.said);
    CHECK(ending.exit_code == cuda_model::kRuleBroken);
    CHECK(ending.said.find(std::string("kernel ") + kernel + " uses memory of the host at 0x") !=
          std::string::npos);
  }
}

}  // namespace

TEST_CASE("a kernel that reads or writes memory of the host is noticed, wherever that lies") {
  for (bool meet : {false, true}) {
    CAPTURE(meet);
    check_noticed("Planted", [&] {
      int on_the_stack = 1;
      run({&on_the_stack, memory<int>(false)}, meet);
    });
    check_noticed("Planted", [&] {
      std::vector<int> small(1), large(1 << 20);
      run({memory<int>(false), &small[0]}, meet);
    });
    check_noticed("Planted", [&] {
      std::vector<int> large(1 << 20);
      run({memory<int>(false), &large[1 << 19]}, meet);
    });
    check_noticed("Planted", [&] { run({&of_the_program, memory<int>(false)}, meet); });
    check_noticed("Planted", [&] { run({&of_the_program, &of_the_program}, meet); });
  }
}

TEST_CASE("so is one of the engine's kernels that gets a vector of the host") {
  check_noticed("Fill<float>", [] {
    std::vector<float> values(100);
    kernels::fill(kGpu, {values.data(), kernels::DType::f32, {1, {100}}}, 1);
    ok(cudaDeviceSynchronize());
  });
}

TEST_CASE("and one in a graph, when it runs") {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, [] {
      cudaStream_t on = nullptr;
      cudaGraph_t graph = nullptr;
      cudaGraphExec_t executable = nullptr;
      std::vector<float> values(100);
      ok(cudaStreamCreateWithFlags(&on, cudaStreamNonBlocking));
      ok(cudaStreamBeginCapture(on, cudaStreamCaptureModeThreadLocal));
      kernels::fill({.gpu = true, .stream = on}, {values.data(), kernels::DType::f32, {1, {100}}},
                    1);
      ok(cudaStreamEndCapture(on, &graph));
      ok(cudaGraphInstantiate(&executable, graph, 0));
      ok(cudaGraphLaunch(executable, on));
      ok(cudaStreamSynchronize(on));
    });
    CHECK(ending.exit_code == cuda_model::kRuleBroken);
    CHECK(ending.said.find("kernel Fill<float> uses memory of the host") != std::string::npos);
  }
}

TEST_CASE("pinned memory may be used, and the kernel runs once") {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, [] {
      int *from = memory<int>(true), *to = memory<int>(true);
      *from = 5, *to = 1;
      run({from, to}, false);
      run({from, to}, true);
      _exit(*to);
    });
    CHECK(ending.exit_code == 11);
  }
}

TEST_CASE("an address that no thread uses breaks no rule, nor do numbers that look like one") {
  struct Numbers {
    std::array<uint32_t, 2> halves;  // together they are an address of the host
    const int* unused;
    uint64_t* to;
    int* times;
    void operator()() const {
      if (cuda_model::thread_index()) return;
      *to = uint64_t(halves[1]) << 32 | halves[0];
      ++*times;
    }
  };
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, [] {
      const auto address = uint64_t(&of_the_program);
      auto* to = memory<uint64_t>(true);
      int* times = memory<int>(true);
      *times = 0;
      const Numbers kernel{
          {uint32_t(address), uint32_t(address >> 32)}, &of_the_program, to, times};
      kernels::device::launch(kGpu, "[with K = Numbers]", 1, 32, kernel);
      ok(cudaDeviceSynchronize());
      _exit(*to == address && *times == 1 ? 0 : 1);
    });
    INFO(ending.said);
    CHECK(ending.exit_code == 0);
  }
}
