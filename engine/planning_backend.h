// A device that only counts memory. It gives out addresses with nothing behind them; kernels and
// copies do nothing; convolutions say how much workspace and which copies of weights they need. A
// step on it asks for exactly the memory that it asks for on the real device, and takes no time.
#pragma once
#include <map>
#include <set>

#include "engine/backend.h"

namespace engine {

class PlanningBackend : public Backend {
 public:
  // The bytes of the copies of weights that plans keep, by the keeper and the weight.
  using KeptBytes = std::map<std::pair<const void*, Tensor::Id>, size_t>;

  // `planned` and `noted` must outlive this object. If `noted` is given, it receives the shapes of
  // convolutions. `planned` is then not asked for plans, and no workspace is counted.
  explicit PlanningBackend(Backend& planned, std::set<ConvShape>* noted = nullptr)
      : planned_(planned), noted_(noted) {}

  std::string name() const override { return planned_.name(); }
  kernels::Queue queue(Lane lane) override { return planning(planned_.queue(lane)); }
  kernels::Queue branch(int index) override { return planning(planned_.branch(index)); }
  size_t free_memory() override { return planned_.free_memory(); }
  void* allocate(size_t bytes, MemoryKind) override;
  void release(void*, MemoryKind) noexcept override;
  void copy(void*, const void*, size_t, kernels::Queue) override {}
  void wait(kernels::Queue, kernels::Queue) override {}
  void synchronize(kernels::Queue) override {}
  std::unique_ptr<ConvPlan> plan(const ConvShape&) override;
  std::function<void()> record(kernels::Queue, const std::function<void()>& work) override;

  size_t held() const { return held_; }  // bytes of the device handed out now
  size_t kept_weights() const;           // bytes that convolutions keep of weights, until now

 private:
  static kernels::Queue planning(kernels::Queue queue) {
    queue.plan = true;
    return queue;
  }

  Backend& planned_;
  std::set<ConvShape>* noted_;
  uintptr_t next_ = uintptr_t(1) << 40;
  std::map<void*, size_t> device_;
  std::map<void*, std::unique_ptr<char[]>> pinned_;  // real: the host writes there
  size_t held_ = 0;
  KeptBytes kept_weights_;
};

}  // namespace engine
