// Makes the options of data sets, loaders and optimiser from the configuration.
#pragma once
#include "data/dataset.h"
#include "data/loading/loader.h"
#include "engine/backend.h"
#include "engine/optimizer.h"
#include "engine/precision.h"
#include "model/loss.h"
#include "tools/config/run_config.h"
#include "tools/run/class_list.h"
#include "tools/run/milestones.h"

namespace run {

// Opens the data set of data.train or data.val, and prints its notes to stderr. `model` has the
// classes of the checkpoint that will use it, if any. Throws Error(data) if it has no image, and
// Error(usage) if the format does not read a key that is set.
data::Dataset load_dataset(data::Source, const std::string& label_map,
                           const ClassList* model = nullptr);

// Images per step, over all ranks and accumulated batches.
int64_t images_per_step(const config::RunConfig&);
// The number of steps of the run: train.steps or, if that is 0, train.epochs.
int64_t total_steps(const config::RunConfig&, int64_t train_images);

engine::BackendOptions backend_options(const config::TrainConfig&);
engine::Precision precision_of(const config::TrainConfig&);

// How ranks add up their gradients. One rank alone has no half type, since it makes no sums.
engine::GradientSumOptions gradient_sums(const config::RanksConfig&);

// Options for training, with augmentation and shuffling. The class list gives the column of each
// category.
data::LoaderOptions training_loader(const config::RunConfig&, const data::Dataset&,
                                    const ClassList&);
// Options for evaluation: every image once, without augmentation.
data::LoaderOptions evaluation_loader(const config::RunConfig&, const data::Dataset&,
                                      const ClassList&);

// The size of the cache of pictures in device memory: data.device_cache_mib, but not more than all
// pictures would fill.
size_t image_cache_bytes(const config::RunConfig&, const data::Dataset& train);

// `evaluates` says whether there is something to evaluate on.
MilestoneOptions milestone_options(const config::RunConfig&, int64_t train_images, bool evaluates);

kernels::ChannelScaling channel_scaling(const config::DataConfig&);
// A remark if data.mean and data.std look like those of pixels from 0 to 1, as they are in other
// frameworks; else empty.
std::string scaling_in_words(const config::DataConfig&);
// The steps of warm-up in a run of `steps`: train.schedule.warmup_steps or, if the whole schedule
// is shorter than that, a tenth of the schedule.
int64_t warmup_steps(const config::ScheduleConfig&, int64_t steps);
// What the user should know of the schedule of a run of `steps`: that the warm-up was shortened, or
// that the schedule ends before the run does, so that the rate is 0 from then on.
std::vector<std::string> schedule_remarks(const config::ScheduleConfig&, int64_t steps);
// Throws Error(usage) if train.schedule.boundaries do not fit a run of `steps`.
engine::OptimizerOptions optimizer_options(const config::RunConfig&, int64_t steps);

}  // namespace run
