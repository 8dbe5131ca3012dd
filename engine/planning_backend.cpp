#include "engine/planning_backend.h"

namespace engine {
namespace {

// Notes in `noted` the bytes of the weights that the real plan would keep.
class PlannedConv : public ConvPlan {
 public:
  PlannedConv(size_t workspace, KeptWeights kept, PlanningBackend::KeptBytes& noted)
      : workspace_(workspace), kept_(kept), noted_(noted) {}
  size_t workspace() const override { return workspace_; }
  KeptWeights kept_weights() const override { return kept_; }
  void run(kernels::Queue, const ConvArgs& a) override {
    const void* keeper = kept_.shared ? kept_.shared : this;
    if (kept_.bytes > 0 && a.weight_version != 0) noted_[{keeper, a.weight_id}] = kept_.bytes;
  }

 private:
  size_t workspace_;
  KeptWeights kept_;
  PlanningBackend::KeptBytes& noted_;
};

}  // namespace

void* PlanningBackend::allocate(size_t bytes, MemoryKind kind) {
  if (kind == MemoryKind::pinned) {  // pages that nobody touches cost nothing
    auto memory = std::make_unique_for_overwrite<char[]>(bytes ? bytes : 1);
    void* p = memory.get();
    pinned_[p] = std::move(memory);
    return p;
  }
  constexpr uintptr_t kAlignment = 4096;
  void* p = reinterpret_cast<void*>(next_);
  next_ += (bytes / kAlignment + 1) * kAlignment;
  device_[p] = bytes;
  held_ += bytes;
  return p;
}

void PlanningBackend::release(void* p, MemoryKind kind) noexcept {
  if (kind == MemoryKind::pinned) {
    pinned_.erase(p);
    return;
  }
  held_ -= device_[p];
  device_.erase(p);
}

std::unique_ptr<ConvPlan> PlanningBackend::plan(const ConvShape& shape) {
  if (noted_) {
    noted_->insert(shape);
    return std::make_unique<PlannedConv>(0, KeptWeights{}, kept_weights_);
  }
  const auto real = planned_.plan(shape);
  if (!real) return nullptr;
  return std::make_unique<PlannedConv>(real->workspace(), real->kept_weights(), kept_weights_);
}

size_t PlanningBackend::kept_weights() const {
  size_t bytes = 0;
  for (const auto& [keeper_and_weight, of_one] : kept_weights_) bytes += of_one;
  return bytes;
}

std::function<void()> PlanningBackend::record(kernels::Queue, const std::function<void()>& work) {
  work();
  return work;
}

}  // namespace engine
