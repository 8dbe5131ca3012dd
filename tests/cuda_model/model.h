// A GPU in software, for tests: CUDA's runtime, its threads and cuDNN without a device. The product
// is linked with it instead of libcudart and knows nothing of it. docs/cuda_model.md says what it
// models, and what it cannot show.
//
// This header is for the other libraries of the model: they queue their work like kernels.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cuda_model {

// Queues `work` in the stream's order, or adds it to the graph that is being captured. It runs,
// maybe again and again, with the memory of the stream's device accessible; elsewhere device memory
// cannot be touched. `name` is what messages call it. Returns CUDA's error if it cannot be queued.
cudaError_t enqueue(cudaStream_t stream, std::function<void()> work,
                    std::string name = "a library");

// From now on, adds to `names` what each piece of work is called when it runs. Null: no longer.
void list_work(std::vector<std::string>* names);

// Whether the stream was destroyed. The default stream never is.
bool is_destroyed(cudaStream_t);

// Whether the address lies in memory that some device has given out and not taken back.
bool is_device_pointer(const void*);
// From the address to the end of its device or pinned allocation; 0 if it lies in none.
size_t bytes_behind(const void*);

// What the environment variable CUDA_MODEL_SEED chose, for decisions that a real library may take
// either way.
uint64_t seed();

// The program broke a rule of CUDA that a real GPU would not report, or not reliably. Says so on
// stderr and ends the process with kRuleBroken.
constexpr int kRuleBroken = 86;
[[noreturn]] void fail(const std::string& what);

}  // namespace cuda_model
