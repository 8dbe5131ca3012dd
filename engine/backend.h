// A device: memory, order of work, convolution plans, recording. The engine's only virtual
// interface besides the plans it makes.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/conv/conv.h"

namespace engine {

enum class Lane { compute, copy, network };
enum class Place { device, pinned };

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;  // "cpu", "cuda:0 NVIDIA H200"
  virtual kernels::Queue queue(Lane) = 0;
  // The queue of one of several parallel branches of a step; the compute queue where work runs in
  // the calling thread. Order it with wait().
  virtual kernels::Queue branch(int index) = 0;
  virtual size_t free_memory() = 0;                 // bytes of the device, now
  virtual void* allocate(size_t bytes, Place) = 0;  // Error(resources) when there is none
  virtual void release(void*, Place) noexcept = 0;
  virtual void copy(void* to, const void* from, size_t bytes, kernels::Queue) = 0;
  virtual void wait(kernels::Queue waiting, kernels::Queue awaited) = 0;  // order two queues
  virtual void synchronize(kernels::Queue) = 0;
  // Says which plans will be asked for, so that what takes long can be done for many at a time.
  virtual void prepare(const std::vector<ConvShape>&) {}
  // Null only for shapes that are optional(), where the device cannot fuse what they ask for.
  virtual std::unique_ptr<ConvPlan> plan(const ConvShape&) = 0;
  // Runs `work` now and returns a function that repeats it with the same addresses.
  virtual std::function<void()> record(kernels::Queue, const std::function<void()>& work) = 0;
};

struct BackendOptions {
  bool deterministic = false;  // convolution plans are chosen by rule, not by timing
  std::string plan_cache;      // folder that keeps chosen plans between runs; empty: none
  // Told, in one line, what takes long, and what a library could not be trusted with; empty:
  // nobody.
  std::function<void(const std::string&)> tell;
};

std::unique_ptr<Backend> make_cpu_backend();
// The GPU of that number; Error(resources) says why there is none.
std::unique_ptr<Backend> make_cuda_backend(int ordinal, const BackendOptions&);
// How many GPUs this build and this machine offer.
int cuda_devices();
// `device` is "auto" (a GPU where there is one), "cpu", "cuda" or "cuda:N"; Error(resources) says
// why a device cannot be had.
std::unique_ptr<Backend> make_backend(const std::string& device, const BackendOptions& = {});

// Memory that lives as long as its owner: parameters, staging, the arena's block.
class Memory {
 public:
  Memory(Backend& backend, size_t bytes, Place place)
      : backend_(&backend), place_(place), bytes_(bytes), data_(backend.allocate(bytes, place)) {}
  ~Memory() { backend_->release(data_, place_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  Backend* backend_;
  Place place_;
  size_t bytes_;
  void* data_;
};

}  // namespace engine
