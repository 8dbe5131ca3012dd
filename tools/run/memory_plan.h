// What a training run will hold on its device, found by running one step and one evaluation batch
// on engine/planning_backend.h: nothing is allocated and nothing computed.
#pragma once
#include <string>

#include "engine/parameters.h"
#include "tools/config/run_config.h"

namespace run {

struct MemoryPlan {  // in bytes
  engine::Parameters::Bytes parameters{};
  size_t optimizer = 0;                           // its state, the rule's buffers, averaged weights
  size_t input = 0;                               // the batch on the device, anchors, losses
  size_t image_cache = 0;                         // whole training images
  size_t evaluation = 0;                          // folded weights, batch and detections
  size_t training_step = 0, evaluation_step = 0;  // step memory, which the two share

  size_t kept() const;  // all but the step memory
  size_t step() const { return std::max(training_step, evaluation_step); }
};

// The batch that an evaluation of so many images takes; 0 images: none.
int evaluation_batch(const config::RunConfig&, int64_t images);

// config.model.options.classes must be known. evaluation_batch 0: there is no evaluation. The image
// cache is the caller's to add.
MemoryPlan plan_memory(engine::Backend&, const config::RunConfig&, int evaluation_batch);

// "weights 1.2 MiB, ..., one step 96 MiB of 256 MiB"
std::string in_words(const MemoryPlan&, size_t step_memory);

// Error(resources) when a step or an evaluation batch needs more than `step_memory`; it names a
// batch size that does not.
void check_fits(engine::Backend&, const config::RunConfig&, const MemoryPlan&, int evaluation_batch,
                size_t step_memory);

}  // namespace run
