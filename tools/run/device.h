// The device of a run and its step memory.
#pragma once
#include <memory>
#include <string>

#include "engine/backend.h"
#include "engine/branches.h"
#include "engine/context.h"
#include "engine/precision.h"

namespace run {

class Device {
 public:
  // `device`: auto, cpu, cuda, cuda:N. `memory_gib` 0: most of what is free, after a cache of
  // `image_cache` bytes. `threads` 0: one per core. Error(resources) for a cache that does not fit.
  Device(const std::string& device, double memory_gib, int threads,
         const engine::BackendOptions& = {}, size_t image_cache = 0);
  Device(std::unique_ptr<engine::Backend>, double memory_gib, size_t image_cache = 0);

  engine::Backend& backend() { return *backend_; }
  engine::Arena& arena() { return *arena_; }
  engine::Context context(const engine::Precision&, engine::Tape* tape, bool training);
  // A number for Context::weights_version that no weights on this device had before.
  uint64_t new_weights_version() { return ++weights_versions_; }
  int64_t conv_macs() const { return plans_.macs(); }  // queued so far, recordings not counted
  kernels::View image_cache() const;                   // bytes; empty when there is none
  kernels::Queue queue() { return backend_->queue(engine::Lane::compute); }

 private:
  std::unique_ptr<engine::Backend> backend_;
  std::unique_ptr<engine::Memory> image_cache_;  // may be null
  std::unique_ptr<engine::Memory> memory_;
  std::unique_ptr<engine::Arena> arena_;
  engine::ConvPlans plans_;
  std::unique_ptr<engine::Branches> branches_;  // null where the device has one queue
  uint64_t weights_versions_ = 0;
};

// Where a configured train.plan_cache lies: "auto" is the user's cache folder, ssd320/plans in it;
// empty (none) where there is no such folder.
std::string plan_cache_folder(const std::string& configured);

}  // namespace run
