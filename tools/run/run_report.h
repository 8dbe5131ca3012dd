// What a run reports about itself, in words and as named values.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "engine/base/error.h"
#include "tools/config/run_config.h"
#include "tools/logs/training_log.h"
#include "tools/run/memory_plan.h"
#include "tools/run/run_folder.h"
#include "tools/run/throughput.h"
#include "tools/run/training_step.h"

namespace run {

// The columns of results.csv after step and epoch.
std::vector<std::string> result_columns();

logs::NamedValues named_values(const StepLosses&, const engine::OptimizerState&,
                               double images_per_second);
// Such as "loss 1.2345 (class 0.1234, box 0.2345)  lr 0.01  123.4 img/s  15.4 steps/s".
std::string step_in_words(const StepLosses&, double learning_rate, const Throughput&);

// Such as "total loss 1.3579 (classification 0.1234, localization 0.2345, regularization 1.0000)".
std::string losses_in_words(const StepLosses&);

// Such as "23.1 M parameters (22.9 M trained), 44.62 GFLOP for an image of 320 x 320, 2.1 GiB of
// memory". A multiplication and its addition are two FLOP; only those of convolutions count.
std::string model_in_words(engine::Backend&, const config::RunConfig&, const engine::Parameters&,
                           const MemoryPlan&);

// Says how many of the training images a cache of `cache` bytes can hold.
std::string image_cache_in_words(const config::RunConfig&, const data::Dataset& train,
                                 size_t cache);

// How a run was stopped or has come to its end, and what became of an evaluation that was stopped.
// `best`: as best_in_words.
std::string stop_in_words(const std::string& reason, int64_t step, const RunFolder&);
std::string end_in_words(const std::string& end, int64_t step, const std::string& best,
                         const RunFolder&);
std::string stopped_evaluation_in_words(int64_t step);

// Throws the error that ends a run, and adds what is kept, what to mend, and from which checkpoint
// to go on. `saved_step` is that of the checkpoint with all good steps of the run, or 0 if there is
// none. A rank without the folder adds nothing.
[[noreturn]] void fail_with_way_on(const base::Error&, const config::RunConfig&, const RunFolder*,
                                   int64_t saved_step);

}  // namespace run
