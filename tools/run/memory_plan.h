// Finds out how much memory a training run will hold on its device. For this it runs one step and
// one evaluation batch on engine/planning_backend.h, which allocates and computes nothing.
#pragma once
#include <string>

#include "engine/parameters.h"
#include "tools/config/run_config.h"

namespace run {

struct MemoryPlan {  // in bytes
  engine::Parameters::Bytes parameters{};
  size_t optimizer = 0;                           // its state, the rule's buffers, averaged weights
  size_t sums = 0;                                // a copy of the gradients that ranks add up
  size_t input = 0;                               // the batch on the device, anchors, losses
  size_t image_cache = 0;                         // whole pictures of training images
  size_t evaluation = 0;                          // folded weights, their copies, batch, boxes
  size_t training_step = 0, evaluation_step = 0;  // the two share the step memory

  size_t kept() const;  // all but the step memory
  size_t step() const { return std::max(training_step, evaluation_step); }
};

// The batch size for an evaluation of so many images, or 0 if there are none.
int evaluation_batch(const config::RunConfig&, int64_t images);

// A note if a limit of step memory is more than the host has free; empty if it is not, or for a
// GPU, which never gives more than it has.
std::string beyond_free_in_words(engine::Backend&, double memory_gib, const std::string& limit);

// Makes the plan. The configuration must say the number of classes. If `evaluation_batch` is 0,
// there is no evaluation. The caller adds the image cache.
MemoryPlan plan_memory(engine::Backend&, const config::RunConfig&, int evaluation_batch);

std::string memory_in_units(size_t bytes);  // such as "1.2 MiB"

// Such as "weights 1.2 MiB, ..., one step 96 MiB, of 256 MiB for steps".
std::string in_words(const MemoryPlan&, size_t step_memory);

// Throws Error(resources) if what the run keeps is more than the device has free. The image cache
// and `step_memory` must be allocated before. Throws it also, with a batch size that fits, if a
// step or an evaluation batch needs more than `step_memory`.
void check_fits(engine::Backend&, const config::RunConfig&, const MemoryPlan&, int evaluation_batch,
                size_t step_memory);

struct LimitNames {  // the keys or options of the values that the user may change, for messages
  std::string batch = "eval.batch_size", memory = "train.memory_gib";
};
// The bytes of step memory that detection in a batch needs. Throws Error(resources), with a batch
// size that fits, if they are more than `step_memory`.
size_t evaluation_memory(engine::Backend&, const config::RunConfig&, int batch, size_t step_memory,
                         const LimitNames&);

}  // namespace run
