// A CPU that pretends to have a queue for each branch and one for the network, and writes down what
// waits for what.
#pragma once
#include <string>

#include "engine/backend.h"

namespace tests {

class QueuedCpu : public engine::Backend {
 public:
  std::string log;

  std::string name() const override { return cpu_->name(); }
  kernels::Queue queue(engine::Lane lane) override {
    return {.stream = lane == engine::Lane::network ? labels_ + kNetwork : labels_};
  }
  kernels::Queue branch(int index) override { return {.stream = labels_ + 1 + index}; }
  size_t free_memory() override { return cpu_->free_memory(); }
  void* allocate(size_t bytes, engine::MemoryKind kind) override {
    return cpu_->allocate(bytes, kind);
  }
  void release(void* p, engine::MemoryKind kind) noexcept override { cpu_->release(p, kind); }
  void copy(void* to, const void* from, size_t bytes, kernels::Queue queue) override {
    cpu_->copy(to, from, bytes, queue);
  }
  void wait(kernels::Queue waiting, kernels::Queue awaited) override {
    log += label(waiting) + "<" + label(awaited) + " ";
  }
  void synchronize(kernels::Queue) override {}
  std::unique_ptr<engine::ConvPlan> plan(const engine::ConvShape& s) override {
    return cpu_->plan(s);
  }
  std::function<void()> record(kernels::Queue queue, const std::function<void()>& work) override {
    return cpu_->record(queue, work);
  }

  std::string label(kernels::Queue q) const {
    const auto index = static_cast<char*>(q.stream) - labels_;
    if (index == kNetwork) return "network";
    return index == 0 ? "step" : std::to_string(index - 1);
  }

 private:
  static constexpr int kNetwork = 63;
  std::unique_ptr<engine::Backend> cpu_ = engine::make_cpu_backend();
  char labels_[kNetwork + 1] = {};
};

}  // namespace tests
