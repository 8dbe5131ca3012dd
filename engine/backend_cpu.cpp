#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "engine/backend.h"
#include "engine/base/error.h"
#include "engine/base/room.h"
#include "engine/conv/candidate.h"
#include "engine/conv/winograd.h"

namespace engine {
namespace {

class CpuBackend : public Backend {
 public:
  explicit CpuBackend(ConvAlgorithm algorithm) : algorithm_(algorithm) {}

  std::string name() const override { return "cpu"; }
  kernels::Queue queue(Lane) override { return {}; }
  kernels::Queue branch(int) override { return {}; }

  // Counts memory that holds copies of files, too: the system gives it back when it is needed.
  size_t free_memory() override { return std::min(free_on_machine(), base::address_room()); }

  static size_t free_on_machine() {
    const std::string key = "MemAvailable:";
    std::ifstream lines("/proc/meminfo");
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(key)) return size_t(std::stoull(line.substr(key.size()))) << 10;
    return size_t(sysconf(_SC_AVPHYS_PAGES)) * size_t(sysconf(_SC_PAGESIZE));
  }

  void* allocate(size_t bytes, MemoryKind) override {
    constexpr size_t kPage = 4096;
    // No byte more than is wanted, so that a sanitizer notices what lies behind.
    void* p = nullptr;
    if (posix_memalign(&p, kPage, bytes ? bytes : 1) != 0)
      base::fail(base::ExitCode::resources, "out of memory: ", bytes >> 20, " MiB wanted, ",
                 free_memory() >> 20, " MiB are free",
                 base::address_room() < free_on_machine() ? " below the limit of ulimit -v" : "");
    return p;
  }
  void release(void* p, MemoryKind) noexcept override { std::free(p); }

  void copy(void* to, const void* from, size_t bytes, kernels::Queue) override {
    if (bytes) std::memcpy(to, from, bytes);
  }
  void wait(kernels::Queue, kernels::Queue) override {}  // the calling thread is every queue
  void synchronize(kernels::Queue) override {}

  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) override {
    if (shape.optional()) return nullptr;
    if (auto fast = fast_plan(shape)) return fast;
    for (const ConvCandidate& candidate : unfused_candidates(shape))
      if (auto fast = fast_plan(candidate.inner))
        return make_staged_conv(shape, candidate.inner, std::move(fast));
    return make_plain_loops(shape);
  }

  std::function<void()> record(kernels::Queue, const std::function<void()>& work) override {
    work();
    return work;
  }

 private:
  bool wants_winograd(const ConvShape& s) const {
    return algorithm_ == ConvAlgorithm::winograd ||
           (algorithm_ == ConvAlgorithm::automatic && winograd_pays(s));
  }

  // A plan of Winograd's algorithm or of oneDNN. Null if neither can compute all that is fused.
  std::unique_ptr<ConvPlan> fast_plan(const ConvShape& s) {
    if (wants_winograd(s))
      if (auto plan = make_winograd_conv(s, winograd_weights_)) return plan;
    return make_onednn_conv(s);
  }

  ConvAlgorithm algorithm_;
  std::shared_ptr<WinogradWeights> winograd_weights_ = std::make_shared<WinogradWeights>();
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(ConvAlgorithm algorithm) {
  return std::make_unique<CpuBackend>(algorithm);
}

}  // namespace engine
