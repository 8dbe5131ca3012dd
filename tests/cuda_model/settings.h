// How the modelled GPUs behave: read once from the environment, changed by the model's own tests.
//
//   CUDA_MODEL_DEVICES     how many GPUs there are (1)
//   CUDA_MODEL_MEMORY_MIB  the memory of each (3072)
//   CUDA_MODEL_SCHEDULE    early, late or random (early): in which order queued work runs
//   CUDA_MODEL_SEED        what random decisions start from (1)
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cuda_model {

// Of the orders that CUDA allows:
//   early   the order in which work was queued; threads in ascending order
//   late    nothing before the host waits for it, and then only what it waits for; threads in
//           descending order
//   random  as the seed chooses, and so are the threads
enum class Schedule { early, late, random };

struct Settings {
  int devices = 1;
  size_t memory = size_t(3) << 30;  // bytes
  Schedule schedule = Schedule::early;
  uint64_t seed = 1;
};

Settings& settings();

// Decisions of the model: a sequence of numbers that the seed determines.
uint64_t random_below(uint64_t n);
// The numbers 0 .. n - 1: ascending, descending, or shuffled, as the schedule wants threads.
std::vector<unsigned> thread_order(unsigned n);

}  // namespace cuda_model
