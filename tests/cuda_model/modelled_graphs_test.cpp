// Captures and graphs of the model: what CUDA records, and the errors that it gives.
#include <numeric>
#include <thread>

#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/planted.h"
#include "tests/cuda_model/threads.h"

using namespace tests;
using cuda_model::Schedule;

namespace {

struct Streams {
  cudaStream_t trunk = nullptr, branch = nullptr;
  cudaEvent_t fork = nullptr, join = nullptr;
  Streams() {
    for (cudaStream_t* s : {&trunk, &branch})
      ok(cudaStreamCreateWithFlags(s, cudaStreamNonBlocking));
    for (cudaEvent_t* e : {&fork, &join}) ok(cudaEventCreateWithFlags(e, cudaEventDisableTiming));
  }
  void begin() const { ok(cudaStreamBeginCapture(trunk, cudaStreamCaptureModeThreadLocal)); }
  void open_branch() const {
    ok(cudaEventRecord(fork, trunk));
    ok(cudaStreamWaitEvent(branch, fork, 0));
  }
  void close_branch() const {
    ok(cudaEventRecord(join, branch));
    ok(cudaStreamWaitEvent(trunk, join, 0));
  }
  cudaError_t end() const {
    cudaGraph_t graph = nullptr;
    return cudaStreamEndCapture(trunk, &graph);
  }
};

void add(int* to, int n, cudaStream_t on) {
  ok(cuda_model::enqueue(on, [=] { *to = *to * 10 + n; }));
}

cudaGraphExec_t instantiated(cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  ok(cudaStreamEndCapture(stream, &graph));
  ok(cudaGraphInstantiate(&executable, graph, 0));
  ok(cudaGraphDestroy(graph));
  return executable;
}

int* zeros(int n) {
  void* p = nullptr;
  ok(cudaMalloc(&p, size_t(n) * sizeof(int)));
  ok(cudaMemsetAsync(p, 0, size_t(n) * sizeof(int), nullptr));
  ok(cudaDeviceSynchronize());
  return static_cast<int*>(p);
}

int value(const int* p) {
  int here = 0;
  ok(cudaMemcpy(&here, p, sizeof here, cudaMemcpyDeviceToHost));
  return here;
}

}  // namespace

TEST_CASE("a graph keeps the order of its captures, in every schedule") {
  for (Schedule schedule : kSchedules) {
    const Ending ending = ending_of(schedule, [] {
      const Streams s;
      int* p = zeros(1);
      s.begin();
      add(p, 1, s.trunk);
      s.open_branch();
      add(p, 2, s.branch);
      s.close_branch();
      add(p, 3, s.trunk);
      cudaGraphExec_t graph = instantiated(s.trunk);
      if (value(p) != 0) _exit(1);  // capturing runs nothing
      for (int i = 0; i < 2; ++i) ok(cudaGraphLaunch(graph, s.trunk));
      ok(cudaStreamSynchronize(s.trunk));
      _exit(value(p) == 123123 ? 0 : 2);
    });
    INFO(ending.said);
    CHECK(ending.exit_code == 0);
  }
}

TEST_CASE("branches of a graph have no order: a dependency that is missing shows") {
  std::string orders;
  for (Schedule schedule : {Schedule::early, Schedule::late}) {
    const Ending ending = ending_of(schedule, [] {
      const Streams s;
      int* p = zeros(1);
      s.begin();
      s.open_branch();
      add(p, 2, s.branch);
      add(p, 1, s.trunk);
      s.close_branch();
      ok(cudaGraphLaunch(instantiated(s.trunk), s.trunk));
      ok(cudaStreamSynchronize(s.trunk));
      _exit(value(p));
    });
    orders += std::to_string(ending.exit_code) + " ";
  }
  CHECK(orders == "21 12 ");
}

TEST_CASE("what a capture forbids gives CUDA's error, and ends the capture") {
  const Ending ending = ending_of(Schedule::early, [] {
    const Streams s;
    int* p = zeros(1);
    int expected = 0;
    auto forbidden = [&](cudaError_t error, auto&& call) {
      ++expected;
      s.begin();
      if (call() != error) _exit(expected);
      if (s.end() != cudaErrorStreamCaptureInvalidated) _exit(expected + 100);
    };
    const cudaError_t no = cudaErrorStreamCaptureUnsupported;
    void* more = nullptr;
    forbidden(no, [&] { return cudaMalloc(&more, 1); });
    forbidden(no, [&] { return cudaFree(p); });
    forbidden(no, [&] { return cudaHostAlloc(&more, 1, 0); });
    forbidden(no, [&] { return cudaStreamSynchronize(s.trunk); });
    forbidden(no, [&] { return cudaStreamQuery(s.trunk); });
    forbidden(no, [&] { return cudaDeviceSynchronize(); });
    forbidden(cudaErrorCapturedEvent, [&] {
      ok(cudaEventRecord(s.fork, s.trunk));
      return cudaEventQuery(s.fork);
    });
    forbidden(cudaErrorStreamCaptureIsolation, [&] {
      ok(cudaEventRecord(s.join, s.branch));  // not captured
      return cudaStreamWaitEvent(s.trunk, s.join, 0);
    });
    s.begin();  // and after all that a capture still works
    add(p, 7, s.trunk);
    ok(cudaGraphLaunch(instantiated(s.trunk), s.trunk));
    ok(cudaStreamSynchronize(s.trunk));
    _exit(value(p) == 7 ? 0 : 99);
  });
  INFO(ending.said);
  CHECK(ending.exit_code == 0);
}

TEST_CASE("two captures that meet are both lost") {
  const Ending ending = ending_of(Schedule::early, [] {
    const Streams one, other;
    one.begin();
    other.begin();
    ok(cudaEventRecord(one.fork, one.trunk));
    if (cudaStreamWaitEvent(other.trunk, one.fork, 0) != cudaErrorStreamCaptureMerge) _exit(1);
    if (one.end() != cudaErrorStreamCaptureInvalidated) _exit(2);
    if (other.end() != cudaErrorStreamCaptureInvalidated) _exit(3);
  });
  INFO(ending.said);
  CHECK(ending.exit_code == 0);
}

TEST_CASE("no thread may wait for a device while one of its streams is captured") {
  const Ending ending = ending_of(Schedule::early, [] {
    const Streams s;
    s.begin();
    std::thread([&] {
      void* p = nullptr;
      ok(cudaHostAlloc(&p, 1, 0));  // which another thread may do
      if (cudaDeviceSynchronize() != cudaErrorStreamCaptureUnsupported) _exit(1);
      ok(cudaFreeHost(p));
    }).join();
    if (s.end() != cudaErrorStreamCaptureInvalidated) _exit(2);
  });
  INFO(ending.said);
  CHECK(ending.exit_code == 0);
}

TEST_CASE("a branch that is not joined, and a capture that another thread or stream ends") {
  const Ending ending = ending_of(Schedule::early, [] {
    const Streams s;
    int* p = zeros(1);
    s.begin();
    s.open_branch();
    add(p, 1, s.branch);
    if (s.end() != cudaErrorStreamCaptureUnjoined) _exit(1);
    s.begin();
    s.open_branch();
    cudaGraph_t graph = nullptr;
    if (cudaStreamEndCapture(s.branch, &graph) != cudaErrorStreamCaptureUnmatched) _exit(2);
    if (s.end() != cudaErrorStreamCaptureInvalidated) _exit(3);
    s.begin();
    std::thread([&] {
      if (s.end() != cudaErrorStreamCaptureWrongThread) _exit(4);
    }).join();
    ok(s.end());
    if (s.end() != cudaErrorIllegalState) _exit(5);
  });
  INFO(ending.said);
  CHECK(ending.exit_code == 0);
}

TEST_CASE("a graph whose memory was given back, or that was destroyed, is noticed") {
  const Ending late = ending_of(Schedule::early, [] {
    const Streams s;
    int* p = zeros(1);
    s.begin();
    add(p, 1, s.trunk);
    cudaGraphExec_t graph = instantiated(s.trunk);
    ok(cudaFree(p));
    ok(cudaGraphLaunch(graph, s.trunk));
    if (cudaStreamSynchronize(s.trunk) != cudaErrorIllegalAddress) _exit(1);
    const std::string text = cudaGetErrorString(cudaErrorIllegalAddress);
    _exit(text.find("which were given back") == std::string::npos ? 2 : 0);
  });
  INFO(late.said);
  CHECK(late.exit_code == 0);
  const Ending destroyed = ending_of(Schedule::early, [] {
    const Streams s;
    s.begin();
    cudaGraphExec_t graph = instantiated(s.trunk);
    ok(cudaGraphExecDestroy(graph));
    cudaGraphLaunch(graph, s.trunk);
  });
  CHECK(destroyed.exit_code == cuda_model::kRuleBroken);
}

TEST_CASE("copies in a graph read their source when they run") {
  const Ending ending = ending_of(Schedule::early, [] {
    const Streams s;
    int *p = zeros(1), here = 1;
    s.begin();
    ok(cudaMemcpyAsync(p, &here, sizeof here, cudaMemcpyDefault, s.trunk));
    cudaGraphExec_t graph = instantiated(s.trunk);
    here = 5;
    ok(cudaGraphLaunch(graph, s.trunk));
    ok(cudaStreamSynchronize(s.trunk));
    _exit(value(p) == 5 ? 0 : 1);
  });
  CHECK(ending.exit_code == 0);
}
