// A device: its memory, its queues, its convolution plans, and the recording of steps.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/conv/conv.h"

namespace engine {

enum class Lane { compute, copy, network };  // which of the device's queues
enum class MemoryKind { device, pinned };    // pinned: host memory that the device can copy

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;  // "cpu", "cuda:0 NVIDIA H200"
  virtual kernels::Queue queue(Lane) = 0;
  // The queue of one of several parallel branches of a step. On a CPU it is the compute queue.
  // Nothing but wait() orders its work with that of other queues.
  virtual kernels::Queue branch(int index) = 0;
  virtual size_t free_memory() = 0;                      // bytes of the device, now
  virtual void* allocate(size_t bytes, MemoryKind) = 0;  // Error(resources) if there is none
  virtual void release(void*, MemoryKind) noexcept = 0;
  virtual void copy(void* to, const void* from, size_t bytes, kernels::Queue) = 0;
  // Work queued on `waiting` from now on starts after the work queued on `awaited` so far.
  virtual void wait(kernels::Queue waiting, kernels::Queue awaited) = 0;
  virtual void synchronize(kernels::Queue) = 0;  // the host waits for the queue's work
  // Says which plans will be asked for, so that they can be found for many shapes at once.
  virtual void prepare(const std::vector<ConvShape>&) {}
  // Null if the shape is optional() and the device cannot fuse what it asks for.
  virtual std::unique_ptr<ConvPlan> plan(const ConvShape&) = 0;
  // Runs `work` once, and returns a function that repeats it with the same addresses; on a GPU it
  // launches a CUDA graph. If the device cannot record the work, it runs nothing, tells the user
  // why, and returns an empty function.
  virtual std::function<void()> record(kernels::Queue, const std::function<void()>& work) = 0;
};

// How the CPU computes the f32 and bf16 convolutions for which Winograd's algorithm is possible
// (engine/conv/winograd.h). All others are direct. `automatic` asks winograd_pays().
enum class ConvAlgorithm { automatic, direct, winograd };
std::vector<std::string> conv_algorithm_names();  // "auto", "direct" and "winograd"
ConvAlgorithm conv_algorithm_named(const std::string&);

struct BackendOptions {
  bool deterministic = false;  // convolution plans are chosen by rule, not by timing
  ConvAlgorithm conv_algorithm = ConvAlgorithm::automatic;
  // A program that makes plans in processes of its own (engine/plan_worker.h); empty: none.
  std::string plan_program;
  std::string plan_cache;  // folder that keeps chosen plans between runs; empty: none
  // Receives lines for the user: that something takes long, or that a library's results are wrong
  // and not used. Empty: nobody is told.
  std::function<void(const std::string&)> tell;
};

std::unique_ptr<Backend> make_cpu_backend(ConvAlgorithm = ConvAlgorithm::automatic);
// The GPU of that number, from 0. Error(resources) says why it cannot be had.
std::unique_ptr<Backend> make_cuda_backend(int ordinal, const BackendOptions&);
// How many GPUs this build can use on this machine.
int cuda_devices();

// Whether it is one of kDeviceNames (engine/device_words.h).
bool known_device(const std::string& device);
// Throws Error(usage) for an unknown name, Error(resources) if the device cannot be had.
std::unique_ptr<Backend> make_backend(const std::string& device, const BackendOptions& = {});

// Memory that lives as long as this object: parameters, staging, the block of the arena.
class Memory {
 public:
  Memory(Backend& backend, size_t bytes, MemoryKind kind)
      : backend_(&backend), kind_(kind), bytes_(bytes), data_(backend.allocate(bytes, kind)) {}
  ~Memory() { backend_->release(data_, kind_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  Backend* backend_;
  MemoryKind kind_;
  size_t bytes_;
  void* data_;
};

}  // namespace engine
