#include "tools/run/run_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "data/check/label_remarks.h"
#include "data/formats/source_values.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/tell.h"
#include "tools/config/start_folder.h"
#include "tools/run/device.h"

namespace run {
namespace {

using base::ExitCode, base::fail;

// Ranks share the cores: each reads with as many threads as it computes with.
int loader_threads(const config::RunConfig& c) {
  if (c.data.threads > 0) return c.data.threads;
  const int cores = int(std::thread::hardware_concurrency());
  return std::max(1, c.ranks.count > 1 ? omp_get_max_threads() : cores);
}

// The gradients of an update are sums over its batches. Those of ranks that divide their losses by
// their own matches are averaged, as the original's are; else the ranks' parts make one sum.
double divisor_of_gradients(const config::RunConfig& c) {
  const bool averaged = c.train.loss.normalizer == model::LossNormalizer::per_rank;
  return double(c.train.accumulate) * (averaged ? c.ranks.count : 1);
}

// Whether a configuration has another split than the standard one. Options of programs are checked
// where they are read.
bool split_given(const data::Source& s) {
  const config::DataConfig standard;
  return (s.prefix == "data.train." && s.split != standard.train.split) ||
         (s.prefix == "data.val." && s.split != standard.val.split);
}

// What may be relative in a configuration. Options of programs are relative for every reader.
std::vector<std::string> paths_in_config(const data::Source& s) {
  if (!s.prefix.starts_with("data.")) return {};
  std::vector<std::string> paths{s.images, s.names};
  for (const data::Format& f : data::formats())
    for (const std::string& path : f.paths_in(s)) paths.push_back(path);
  if (s.label_map != "coco") paths.push_back(s.label_map);
  return paths;
}

}  // namespace

data::Dataset load_dataset(data::Source source, const std::string& label_map,
                           const ClassList* model) {
  data::refuse_unread_values(source, {.split = split_given(source)});
  source.label_map = label_map;
  if (model)
    for (const ModelClass& c : model->list()) source.model_classes.push_back(c.name);
  data::Dataset dataset = config::with_start_folder(
      paths_in_config(source), [&source] { return data::open(source, source.prefix); });
  if (dataset.images.empty()) fail(ExitCode::data, source.path(), ": no images");
  for (const std::string& note : dataset.notes) base::tell(data::note_line(note));
  return dataset;
}

int64_t images_per_step(const config::RunConfig& c) {
  return int64_t(c.train.batch_size) * c.train.accumulate * c.ranks.count;
}

int64_t total_steps(const config::RunConfig& c, int64_t train_images) {
  if (c.train.steps > 0) return c.train.steps;
  const int64_t per_epoch = std::max<int64_t>(1, train_images / images_per_step(c));
  return std::max<int64_t>(1, std::llround(c.train.epochs * double(per_epoch)));
}

engine::BackendOptions backend_options(const config::TrainConfig& c) {
  return {.deterministic = c.deterministic,
          .conv_algorithm = engine::conv_algorithm_named(c.conv_algorithm),
          .plan_cache = plan_cache_folder(c.plan_cache)};
}

engine::Precision precision_of(const config::TrainConfig& c) {
  return engine::with_weight_gradients(engine::precision_named(c.precision), c.weight_gradients);
}

engine::GradientSumOptions gradient_sums(const config::RanksConfig& c) {
  engine::GradientSumOptions sums = c.sums;
  if (c.count == 1) sums.half.reset();
  return sums;
}

data::LoaderOptions training_loader(const config::RunConfig& c, const data::Dataset& dataset,
                                    const ClassList& classes) {
  const model::DetectorOptions& o = c.model.options;
  const config::DataConfig& d = c.data;
  data::LoaderOptions loader{.batch_size = c.train.batch_size,
                             .batch_key = "train.batch_size",
                             .threads = loader_threads(c),
                             .queue_depth = d.queue + 1,
                             .seed = uint64_t(c.train.seed)};
  data::SampleOptions& sample = loader.sample;
  sample = d.sample;
  sample.input = {o.height, o.width};
  sample.ground_truth.class_columns = classes.columns_of(dataset);
  sample.cache_bytes = uint64_t(d.cache_mib) << 20;
  return loader;
}

data::LoaderOptions evaluation_loader(const config::RunConfig& c, const data::Dataset& dataset,
                                      const ClassList& classes) {
  data::LoaderOptions loader = data::for_evaluation(training_loader(c, dataset, classes));
  if (c.eval.batch_size > 0) loader.batch_size = c.eval.batch_size;
  loader.batch_size = int(std::min<int64_t>(loader.batch_size, int64_t(dataset.images.size())));
  return loader;
}

size_t image_cache_bytes(const config::RunConfig& c, const data::Dataset& train) {
  if (c.data.device_cache_mib == 0) return 0;
  const model::DetectorOptions& o = c.model.options;
  return std::min(size_t(c.data.device_cache_mib) << 20,
                  size_t(data::cache_need(train, {o.height, o.width}).bytes));
}

MilestoneOptions milestone_options(const config::RunConfig& c, int64_t train_images,
                                   bool evaluates) {
  int64_t every = c.eval.every_steps;
  if (c.eval.every_epochs > 0) {
    const double per_epoch = double(train_images) / double(images_per_step(c));
    every = std::max<int64_t>(1, std::llround(c.eval.every_epochs * per_epoch));
  }
  return {.total_steps = total_steps(c, train_images),
          .evaluates = evaluates,
          .evaluate_every = every,
          .save_every = c.checkpoint.every_steps,
          .patience = c.train.early_stopping.patience,
          .min_gain = c.train.early_stopping.min_gain};
}

kernels::ChannelScaling channel_scaling(const config::DataConfig& d) {
  kernels::ChannelScaling s;
  for (size_t i = 0; i < 3; ++i) {
    s.mean[i] = float(d.mean[i]);
    s.deviation[i] = float(d.std[i]);
  }
  return s;
}

std::string scaling_in_words(const config::DataConfig& d) {
  const auto [least, most] = std::minmax_element(d.mean.begin(), d.mean.end());
  const bool mean = *least >= 0 && *most <= 1 && *most > 0;
  const bool deviation = *std::max_element(d.std.begin(), d.std.end()) < 1;
  if (!mean && !deviation) return {};
  std::vector<std::string> keys;
  if (mean) keys.push_back(fmt::format("data.mean=[{}]", fmt::join(d.mean, ",")));
  if (deviation) keys.push_back(fmt::format("data.std=[{}]", fmt::join(d.std, ",")));
  const bool both = keys.size() == 2;
  return fmt::format(
      "note: {} {} of pixels from 0 to 1; here pixels go from 0 to 255, so multiply {} by 255",
      fmt::join(keys, " and "), both ? "look like those" : "looks like that", both ? "them" : "it");
}

namespace {

// Lays out a manual schedule: the warm-up, and then a lower rate from each boundary on. Boundaries
// are fractions of the total.
void lay_out_steps(const config::ScheduleConfig& s, kernels::Schedule& schedule) {
  schedule.boundaries = int(s.boundaries.size()) + 1;
  schedule.ramp = 1;
  schedule.boundary[0] = schedule.warmup_steps;
  schedule.rate[0] = schedule.warmup_steps > 0 ? schedule.warmup_rate : schedule.base_rate;
  schedule.rate[1] = schedule.base_rate;
  for (size_t i = 0; i < s.boundaries.size(); ++i) {
    schedule.boundary[i + 1] = std::llround(s.boundaries[i] * double(schedule.total_steps));
    schedule.rate[i + 2] = schedule.rate[i + 1] * s.factor;
  }
}

// Checks what the configuration's rules cannot check, because the length of the run may come from
// the data.
void check_schedule(const kernels::Schedule& s) {
  if (const char* fault = fault_of(s))
    fail(ExitCode::usage, "train.schedule.boundaries: ", fault, ": in a schedule of ",
         s.total_steps, " steps, each has to fall on a later step than the one before, and the ",
         "first on one after the warm-up of ", s.warmup_steps);
}

int64_t schedule_steps(const config::ScheduleConfig& s, int64_t steps) {
  return s.total > 0 ? s.total : steps;
}

}  // namespace

int64_t warmup_steps(const config::ScheduleConfig& s, int64_t steps) {
  constexpr int64_t kPart = 10;
  const int64_t total = schedule_steps(s, steps);
  return s.warmup_steps <= total ? s.warmup_steps : total / kPart;
}

std::vector<std::string> schedule_remarks(const config::ScheduleConfig& s, int64_t steps) {
  std::vector<std::string> remarks;
  const int64_t warmup = warmup_steps(s, steps), total = schedule_steps(s, steps);
  if (warmup != s.warmup_steps)
    remarks.push_back(fmt::format(
        "note: the warm-up takes {}, a tenth of the schedule, because the schedule has {}, fewer "
        "than train.schedule.warmup_steps={}",
        base::counted(warmup, "step"), base::counted(total, "step"), s.warmup_steps));
  if (s.kind == kernels::Schedule::Kind::cosine && total < steps)
    remarks.push_back(fmt::format(
        "warning: the learning rate is 0 from step {} to the last one, {}, so that these steps "
        "train nothing: the cosine ends at train.schedule.total={}; 0 stands for the length of the "
        "run, and train.schedule.kind=constant never ends",
        total + 1, steps, total));
  return remarks;
}

engine::OptimizerOptions optimizer_options(const config::RunConfig& c, int64_t steps) {
  const config::ScheduleConfig& s = c.train.schedule;
  const double scale = c.rate_scale(images_per_step(c));
  kernels::Schedule schedule{.kind = s.kind,
                             .base_rate = s.base_rate * scale,
                             .warmup_rate = s.warmup_rate * scale,
                             .warmup_steps = warmup_steps(s, steps),
                             .total_steps = schedule_steps(s, steps)};
  if (s.kind == kernels::Schedule::Kind::manual) lay_out_steps(s, schedule);
  check_schedule(schedule);
  kernels::LossScaleOptions loss_scale = c.train.loss_scale.options;
  loss_scale.dynamic = engine::precision_named(c.train.precision).scale_loss;
  return {.rule = c.train.optimizer,
          .update = {.schedule = schedule,
                     .clip_norm = c.train.clip_norm,
                     .average_decay = c.train.ema,
                     .divisor = divisor_of_gradients(c),
                     .loss_scale = loss_scale}};
}

}  // namespace run
