// The device of a run, with its step memory.
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
  // Opens `device`, which is auto, cpu, cuda or cuda:N, and allocates the image cache and the step
  // memory. If `memory_gib` is 0, the step memory is three quarters of what is free after the
  // cache, but at least 1 GiB. If `threads` is 0, there is one per core. If options.tell is empty,
  // the process is one of our programs: lines for the user go to stderr, and plans are made by
  // processes of the same program. Throws Error(resources) if there is no such device, or if the
  // cache does not fit.
  Device(const std::string& device, double memory_gib, int threads,
         const engine::BackendOptions& = {}, size_t image_cache = 0);
  Device(std::unique_ptr<engine::Backend>, double memory_gib, size_t image_cache = 0);
  // Without step memory: reserve() has to come before the first step.
  Device(const std::string& device, int threads, const engine::BackendOptions&);

  // Replaces the step memory by one of `bytes`. Nothing may be in the old one any more.
  void reserve(size_t bytes);

  engine::Backend& backend() { return *backend_; }
  engine::Arena& arena() { return *arena_; }
  // Sets the collectives of the run's ranks, or null, for the contexts of training steps.
  void join(engine::Collectives* ranks) { ranks_ = ranks; }
  engine::Collectives* ranks() const { return ranks_; }
  engine::Context context(const engine::Precision&, engine::Tape* tape, bool training);
  // A new number for Context::weights_version, which no weights on this device had before.
  uint64_t new_weights_version() { return ++weights_versions_; }
  // The multiply-adds of all convolutions that were queued so far, not counting replays.
  int64_t conv_macs() const { return plans_.macs(); }
  kernels::View image_cache() const;  // u8; empty if there is none
  kernels::Queue queue() { return backend_->queue(engine::Lane::compute); }

 private:
  std::unique_ptr<engine::Backend> backend_;
  std::unique_ptr<engine::Memory> image_cache_;  // may be null
  std::unique_ptr<engine::Memory> memory_;
  std::unique_ptr<engine::Arena> arena_;
  engine::ConvPlans plans_;
  std::unique_ptr<engine::Branches> branches_;  // null if the device has one queue
  engine::Collectives* ranks_ = nullptr;
  uint64_t weights_versions_ = 0;
};

// The step memory that a device gives: `memory_gib`, or if that is 0, most of what is free.
size_t step_memory(engine::Backend&, double memory_gib);

// The folder that train.plan_cache names. "auto" is ssd320/plans in the user's cache folder
// ($XDG_CACHE_HOME or ~/.cache). Empty if there is none.
std::string plan_cache_folder(const std::string& configured);

}  // namespace run
