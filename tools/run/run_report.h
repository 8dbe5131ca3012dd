// What a run says about itself, in words and in named values.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"
#include "tools/config/run_config.h"
#include "tools/logs/training_log.h"
#include "tools/run/training_step.h"

namespace run {

// Of results.csv, behind step and epoch.
std::vector<std::string> result_columns();

logs::NamedValues named_values(const StepLosses&, const engine::OptimizerState&,
                               double images_per_second);
// "loss 1.2345 (class 0.1234, box 0.2345)  lr 0.01  123.4 img/s"
std::string step_in_words(const StepLosses&, double learning_rate, double images_per_second);

// How much of data.device_cache_mib is used, of `cache` bytes.
std::string image_cache_in_words(const config::RunConfig&, const data::Dataset& train,
                                 size_t cache);

// What to do about a run that diverged, with a checkpoint that exists where there is one.
std::string cure_of_divergence(const config::RunConfig&, const std::string& folder);

}  // namespace run
