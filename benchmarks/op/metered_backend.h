// A device whose convolutions and copies are timed by the OpMeter. Steps are never recorded, and
// branches share one queue, so that times add up. Gradients that parallel branches would add up
// after they have joined are then added by the convolutions themselves.
#pragma once
#include "engine/backend.h"

namespace benchmarks {

class MeteredBackend : public engine::Backend {
 public:
  explicit MeteredBackend(std::unique_ptr<engine::Backend> device) : device_(std::move(device)) {}

  std::string name() const override { return device_->name(); }
  kernels::Queue queue(engine::Lane lane) override { return device_->queue(lane); }
  kernels::Queue branch(int) override { return device_->queue(engine::Lane::compute); }
  size_t free_memory() override { return device_->free_memory(); }
  void* allocate(size_t bytes, engine::MemoryKind kind) override {
    return device_->allocate(bytes, kind);
  }
  void release(void* p, engine::MemoryKind kind) noexcept override { device_->release(p, kind); }
  void copy(void* to, const void* from, size_t bytes, kernels::Queue) override;
  void wait(kernels::Queue waiting, kernels::Queue awaited) override {
    device_->wait(waiting, awaited);
  }
  void synchronize(kernels::Queue queue) override { device_->synchronize(queue); }
  void prepare(const std::vector<engine::ConvShape>& shapes) override { device_->prepare(shapes); }
  std::unique_ptr<engine::ConvPlan> plan(const engine::ConvShape&) override;
  std::function<void()> record(kernels::Queue, const std::function<void()>& work) override;

 private:
  std::unique_ptr<engine::Backend> device_;
};

}  // namespace benchmarks
