#include <cstdlib>
#include <cstring>

#include "engine/backend.h"
#include "engine/error.h"

namespace engine {
namespace {

class CpuBackend : public Backend {
 public:
  std::string name() const override { return "cpu"; }
  kernels::Queue queue(Lane) override { return {}; }

  void* allocate(size_t bytes, Place) override {
    constexpr size_t kAlignment = 4096;
    size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    void* p = std::aligned_alloc(kAlignment, rounded ? rounded : kAlignment);
    if (!p) fail(ExitCode::resources, "out of memory: ", bytes >> 20, " MiB wanted");
    return p;
  }
  void release(void* p, Place) noexcept override { std::free(p); }

  void copy(void* to, const void* from, size_t bytes, kernels::Queue) override {
    if (bytes) std::memcpy(to, from, bytes);
  }
  void wait(kernels::Queue, kernels::Queue) override {}  // the calling thread is every queue
  void synchronize(kernels::Queue) override {}

  std::unique_ptr<ConvPlan> plan(const ConvShape& shape) override {
    auto fast = make_onednn_conv(shape);
    return fast ? std::move(fast) : make_reference_conv(shape);
  }

  std::function<void()> record(kernels::Queue, const std::function<void()>& work) override {
    work();
    return work;
  }
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend() { return std::make_unique<CpuBackend>(); }

std::unique_ptr<Backend> make_backend(const std::string& device) {
  if (device == "cpu") return make_cpu_backend();
  if (device == "cuda" || device.starts_with("cuda:"))
    fail(ExitCode::resources, "device ", device,
         ": this build has no CUDA backend; use --device cpu");
  fail(ExitCode::usage, "unknown device '", device, "': expected cpu, cuda or cuda:N");
}

}  // namespace engine
