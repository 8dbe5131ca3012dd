#include "tests/cuda_model/fault.h"

#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/cuda_model/memory.h"

namespace cuda_model {
namespace {

thread_local sigjmp_buf* running = nullptr;  // set while work of a device runs in this thread
thread_local DeviceFault fault;
struct sigaction previous;

void handle(int signal, siginfo_t* info, void*) {
  if (running && open_for_work(info->si_addr)) return;
  if (running) {
    fault = {cudaErrorIllegalAddress, told(info->si_addr), info->si_addr};
    siglongjmp(*running, 1);
  }
  if (in_a_device(info->si_addr))
    fail("the host touched memory of a device: " + told(info->si_addr));
  sigaction(signal, &previous, nullptr);  // the access is repeated, and whoever came before gets it
}

}  // namespace

void watch_for_faults() {
  struct sigaction now;
  sigaction(SIGSEGV, nullptr, &now);
  if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == handle) return;
  previous = now;
  struct sigaction ours = {};
  ours.sa_sigaction = handle;
  ours.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGSEGV, &ours, nullptr);
}

DeviceFault run_guarded(const std::function<void()>& work) {
  sigjmp_buf here;
  watch_for_faults();
  if (sigsetjmp(here, 0) == 0) {  // the handler blocks no signal
    running = &here;
    fault = {};
    try {
      work();
    } catch (const std::exception& e) {
      fail(std::string("an exception left work of a device: ") + e.what());
    }
  }
  running = nullptr;
  return fault;
}

void trap(cudaError_t error, const std::string& what) {
  if (!running) fail("a device's function was called by the host: " + what);
  fault = {error, what, nullptr};
  siglongjmp(*running, 1);
}

void fail(const std::string& what) {
  std::fflush(stdout);
  std::fprintf(stderr, "cuda_model: %s\n", what.c_str());
  std::fflush(stderr);
  _exit(kRuleBroken);
}

}  // namespace cuda_model
