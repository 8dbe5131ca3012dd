#include "tools/config/idle_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "engine/backend.h"
#include "engine/device_words.h"
#include "engine/precision.h"

namespace config {
namespace {

using C = RunConfig;
using Kind = kernels::Schedule::Kind;

bool of_cpu(const C& c, Gpus) { return c.train.device == "cpu"; }
bool of_gpu(const C& c, Gpus) { return c.train.device.starts_with(engine::kGpuWord); }
bool takes_cpu(const C& c, Gpus gpus) { return c.train.device == "auto" && gpus() == 0; }
bool takes_gpu(const C& c, Gpus gpus) { return c.train.device == "auto" && gpus() > 0; }

bool in_half_type(const C& c) { return c.train.precision == "fp16" || c.train.precision == "bf16"; }

bool scales_loss(const C& c) { return engine::precision_named(c.train.precision).scale_loss; }

// When keys have no effect, and why. A name that ends in a dot stands for all keys of a section.
struct Cause {
  std::vector<const char*> keys;
  bool (*holds)(const C&, Gpus);
  const char* why;
};

const Cause kInTraining[] = {
    {{"train.momentum", "train.weight_decay"},
     [](const C& c, Gpus) { return c.train.optimizer.kind != engine::RuleKind::momentum; },
     "train.optimizer.kind is adamw"},
    {{"train.optimizer.beta1", "train.optimizer.beta2", "train.optimizer.epsilon",
      "train.optimizer.weight_decay"},
     [](const C& c, Gpus) { return c.train.optimizer.kind != engine::RuleKind::adamw; },
     "train.optimizer.kind is momentum"},
    {{"train.schedule.boundaries", "train.schedule.factor"},
     [](const C& c, Gpus) { return c.train.schedule.kind != Kind::manual; },
     "train.schedule.kind is not step"},
    {{"train.schedule.factor"},
     [](const C& c, Gpus) {
       return c.train.schedule.kind == Kind::manual && c.train.schedule.boundaries.empty();
     },
     "train.schedule.boundaries is empty"},
    {{"train.schedule.warmup_rate"},
     [](const C& c, Gpus) { return c.train.schedule.warmup_steps == 0; },
     "train.schedule.warmup_steps is 0"},
    {{"train.loss_scale.initial", "train.loss_scale.growth", "train.loss_scale.interval",
      "train.loss_scale.hysteresis", "train.loss_scale.min"},
     [](const C& c, Gpus) { return !scales_loss(c); },
     "train.precision is not fp16, so the loss is not scaled"},
    {{"train.early_stopping.min_gain", "train.early_stopping.metric"},
     [](const C& c, Gpus) { return !c.data.val.given(); },
     "there is no data.val to evaluate on"},
    {{"train.graph", "train.plan_cache", "train.weight_gradients", "ranks.buckets"},
     of_cpu,
     "train.device is cpu, and this is for a GPU"},
    {{"train.graph", "train.plan_cache", "train.weight_gradients", "ranks.buckets"},
     takes_cpu,
     "this is for a GPU, and train.device=auto finds none on this machine"},
    {{"train.deterministic"},
     of_cpu,
     "train.device is cpu, which gives the same bits in every run anyway"},
    {{"train.deterministic"},
     takes_cpu,
     "train.device=auto finds no GPU on this machine, and a CPU gives the same bits in every run "
     "anyway"},
    {{"train.precision"},
     [](const C& c, Gpus gpus) {
       return c.train.precision == "tf32" && (of_cpu(c, gpus) || takes_cpu(c, gpus));
     },
     "a CPU has no tf32, and computes in fp32"},
    {{"train.weight_gradients"},
     [](const C& c, Gpus) { return !in_half_type(c); },
     "train.precision is neither fp16 nor bf16"},
    {{"train.conv_algorithm"}, of_gpu, "train.device is a GPU, and this is for a CPU"},
    {{"train.conv_algorithm"},
     takes_gpu,
     "this is for a CPU, and train.device=auto finds a GPU on this machine"},
    {{"ranks.timeout_seconds", "ranks.check_every", "ranks.sum_precision", "ranks.buckets",
      "model.batch_norm.statistics", "train.loss.normalizer"},
     [](const C& c, Gpus) { return c.ranks.count == 1; },
     "there is only one rank"},
    {{"model.batch_norm.decay", "model.batch_norm.statistics"},
     [](const C& c, Gpus) { return c.model.options.frozen_batch_norm; },
     "model.batch_norm.mode is frozen"},
    {{"data.augment.crop.min_object_covered", "data.augment.crop.min_aspect",
      "data.augment.crop.max_aspect", "data.augment.crop.min_area", "data.augment.crop.max_area",
      "data.augment.crop.overlap_threshold", "data.augment.crop.clip_boxes",
      "data.augment.crop.skip_probability"},
     [](const C& c, Gpus) { return c.data.sample.augment.crop.kind != data::CropKind::random; },
     "data.augment.crop.kind is not random"},
    {{"data.augment.colour.brightness", "data.augment.colour.min_contrast",
      "data.augment.colour.max_contrast", "data.augment.colour.hue",
      "data.augment.colour.min_saturation", "data.augment.colour.max_saturation",
      "data.augment.colour.order"},
     [](const C& c, Gpus) { return c.data.sample.augment.colour.probability == 0; },
     "data.augment.colour.probability is 0"},
};

const Cause kInEvaluation[] = {
    {{"name",
      "output_dir",
      "time_budget_minutes",
      "data.train.",
      "data.augment.",
      "data.crowd",
      "data.device_cache_mib",
      "train.steps",
      "train.epochs",
      "train.seed",
      "train.weight_gradients",
      "train.momentum",
      "train.weight_decay",
      "train.clip_norm",
      "train.accumulate",
      "train.ema",
      "train.freeze",
      "train.optimizer.",
      "train.schedule.",
      "train.loss.",
      "train.loss_scale.",
      "train.divergence.",
      "train.early_stopping.",
      "eval.every_steps",
      "eval.every_epochs",
      "checkpoint.",
      "ranks.",
      "log."},
     [](const C&, Gpus) { return true; },
     "an evaluation does not train"},
    {{"train.deterministic", "train.conv_algorithm", "train.graph", "train.plan_cache"},
     [](const C&, Gpus) { return true; },
     "only a training reads it; ssdeval takes what is fastest, as ssddetect does"},
    {{"train.batch_size"},
     [](const C& c, Gpus) { return c.eval.batch_size > 0; },
     "eval.batch_size is set"},
};

const Cause kOfVal[] = {{{"data.val.", "data.label_map"},
                         [](const C&, Gpus) { return true; },
                         "options of the command line name other data"}};

bool concerns(const Cause& cause, const std::string& key) {
  return std::any_of(cause.keys.begin(), cause.keys.end(), [&](const std::string& name) {
    return name.ends_with('.') ? key.starts_with(name) : key == name;
  });
}

// Adds a line per cause. If a key has several causes, the first is named.
void add_idle(std::vector<ChosenKey> chosen, const RunConfig& config, Gpus gpus,
              std::span<const Cause> causes, std::vector<std::string>& lines) {
  for (const Cause& cause : causes) {
    // The cause is asked last, because it may have to look for GPUs.
    if (std::none_of(chosen.begin(), chosen.end(),
                     [&](const ChosenKey& key) { return concerns(cause, key.path); }) ||
        !cause.holds(config, gpus))
      continue;
    std::vector<std::string> idle;
    std::erase_if(chosen, [&](const ChosenKey& key) {
      if (!concerns(cause, key.path)) return false;
      idle.push_back(fmt::format("{} ({})", key.path, key.place));
      return true;
    });
    if (!idle.empty())
      lines.push_back(fmt::format("note: {} {} no effect: {}", fmt::join(idle, ", "),
                                  idle.size() == 1 ? "has" : "have", cause.why));
  }
}

}  // namespace

std::vector<std::string> idle_in_training(const RunConfig& config, Gpus gpus) {
  std::vector<std::string> lines;
  add_idle(config.chosen, config, gpus, kInTraining, lines);
  return lines;
}

std::vector<std::string> idle_in_evaluation(const RunConfig& config, bool reads_val) {
  std::vector<ChosenKey> typed = config.chosen;
  std::erase_if(typed, [](const ChosenKey& key) { return !key.typed; });
  std::vector<std::string> lines;
  add_idle(typed, config, engine::cuda_devices, kInEvaluation, lines);
  if (!reads_val) add_idle(typed, config, engine::cuda_devices, kOfVal, lines);
  return lines;
}

}  // namespace config
