// From the configuration to the options of loader, losses and optimiser.
#pragma once
#include "data/dataset.h"
#include "data/loading/loader.h"
#include "engine/backend.h"
#include "engine/optimizer.h"
#include "model/loss.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"
#include "tools/run/milestones.h"

namespace run {

// The data set of data.train or data.val. Prints the reader's notes to stderr. Error(data) when it
// has no image. `model`: the classes of a checkpoint that it is for, if any.
data::Dataset load_dataset(data::Source, const std::string& label_map,
                           const ClassList* model = nullptr);

// Images per update over all ranks and accumulated batches, and the run's number of updates.
int64_t images_per_step(const config::RunConfig&);
int64_t total_steps(const config::RunConfig&, int64_t train_images);

engine::BackendOptions backend_options(const config::TrainConfig&);

// Augmented and shuffled, for training; `classes` maps the data's categories to columns.
data::LoaderOptions training_loader(const config::RunConfig&, const data::Dataset&,
                                    const ClassList&);
// Every image once, as it is.
data::LoaderOptions evaluation_loader(const config::RunConfig&, const data::Dataset&,
                                      const ClassList&);

// Bytes of the cache of images in device memory: what is configured, but not more than the images
// would fill.
size_t image_cache_bytes(const config::RunConfig&, const data::Dataset& train);

// `evaluates`: there is something to evaluate on.
MilestoneOptions milestone_options(const config::RunConfig&, int64_t train_images, bool evaluates);

kernels::ChannelScaling channel_scaling(const config::DataConfig&);
// The warm-up of a run with so many steps: train.schedule.warmup_steps, or a tenth of the schedule
// where it is shorter than that.
int64_t warmup_steps(const config::ScheduleConfig&, int64_t steps);
// Says so where it was shortened; else empty.
std::string warmup_in_words(const config::ScheduleConfig&, int64_t steps);
engine::OptimizerOptions optimizer_options(const config::RunConfig&, int64_t steps);

}  // namespace run
