// The configuration of a run as plain fields. The defaults are SSD320 v1.2 on one GPU. The table in
// run_config_table.cpp binds every field to its key, and gives its unit and meaning.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/formats/source.h"
#include "data/loading/augment.h"
#include "data/loading/sample_builder.h"
#include "engine/collectives/gradient_buckets.h"
#include "engine/update_rule.h"
#include "kernels/nms.h"
#include "kernels/optimizer_state.h"
#include "kernels/schedule.h"
#include "model/detector_options.h"
#include "model/loss.h"
#include "tools/config/table.h"

namespace config {

enum class ClassColumns { by_id, dense };

struct ModelConfig {
  model::DetectorOptions options{.classes = 0};  // if classes is 0, the data gives the number
  ClassColumns class_columns = ClassColumns::by_id;
};

struct DataConfig {
  data::Source train, val{.split = "val"};
  std::string label_map;
  data::ImagePolicy image_policy;  // this and the next member belong to both sources
  bool keep_grouping_class = false;
  std::array<double, 3> mean{123.68, 116.779, 103.939}, std{1, 1, 1};
  data::SampleOptions sample;  // its input comes from the model, its class columns from the data
  int threads = 0, queue = 4, cache_mib = 0, device_cache_mib = 0;
};

struct ScheduleConfig {
  kernels::Schedule::Kind kind = kernels::Schedule::Kind::cosine;
  double base_rate = 0.16, warmup_rate = 0.0693312;
  int reference_batch = 256;
  int64_t warmup_steps = 8000, total = 0;
  std::vector<double> boundaries{0.6667, 0.8889};
  double factor = 0.1;
};

struct LossScaleConfig {
  double initial = 32768;
  kernels::LossScaleOptions options;  // `dynamic` comes from the precision
  int max_consecutive_skips = 25;
};

struct DivergenceConfig {
  double max_loss = 1e4;
  int steps = 25;
};

struct EarlyStoppingConfig {
  int patience = 0;
  double min_gain = 0;
  std::string metric = "mAP";
};

struct TrainConfig {
  int batch_size = 32;
  int64_t steps = 0;
  double epochs = 0;
  int64_t seed = 1;
  std::string precision = "fp32", device = "auto";
  bool deterministic = false, graph = true;
  std::string conv_algorithm = "auto", weight_gradients = "auto";
  std::string plan_cache = "auto";
  int threads = 0;
  double memory_gib = 0;
  ScheduleConfig schedule;
  engine::RuleOptions optimizer{.momentum = {.weight_decay = 0.0004}};
  double clip_norm = 0, ema = 0;
  int accumulate = 1;
  std::vector<std::string> freeze;
  model::LossOptions loss;
  LossScaleConfig loss_scale;
  DivergenceConfig divergence;
  EarlyStoppingConfig early_stopping;
};

struct EvalConfig {
  int64_t every_steps = 0;
  double every_epochs = 0;
  kernels::NmsOptions nms;
  int batch_size = 0;
  bool reference_area = false;
};

struct CheckpointConfig {
  int64_t every_steps = 0;
  int keep = 1;
  std::string init_from;
};

struct RanksConfig {
  int count = 1;
  double timeout_seconds = 600;
  int64_t check_every = 100;
  engine::GradientSumOptions sums;
};

struct RunConfig {
  std::vector<ChosenKey> chosen;  // in the table's order; no key itself
  std::string name, output_dir;
  double time_budget_minutes = 0;
  ModelConfig model;
  DataConfig data;
  TrainConfig train;
  EvalConfig eval;
  CheckpointConfig checkpoint;
  RanksConfig ranks;
  struct {
    int every_steps = 100;
    bool report = true;
  } log;

  // The learning rates of the schedule are for schedule.reference_batch images per step. For
  // `batch` images per step, over all ranks and accumulated batches, they are multiplied by this.
  double rate_scale(int64_t batch) const;
  // The same for the user: "lr 0.02 = 0.16 x 32/256".
  std::string rate_in_words(int64_t batch) const;
};

// What the program is going to do. This decides which keys must be set. `resuming` is a training
// that goes on from a checkpoint.
enum class ConfigUse { any, training, resuming, evaluation };

// The table of all keys, bound to the fields of `config`, which must outlive the table.
config::ConfigTable run_config_table(RunConfig& config, ConfigUse use = ConfigUse::any);

// Reads the file with its bases, applies the overrides ("key.path=value"), and checks all values.
// If `path` is empty, there are only defaults and overrides. The default name of the run is that of
// the file, without folder and extension. Throws Error(usage), one line with the key and file:line,
// if anything is wrong. Reads nothing else and writes nothing.
RunConfig load_run_config(const std::string& path, const std::vector<std::string>& overrides,
                          ConfigUse use = ConfigUse::any);

// The same for a text, as checkpoints and run folders hold it. `name` stands for the file in
// messages. Only overrides count as chosen by the user.
RunConfig parse_run_config(const std::string& text, const std::string& name,
                           const std::vector<std::string>& overrides = {},
                           ConfigUse use = ConfigUse::any);

// The same for a text that was read already. `path` is that of its file.
RunConfig config_of(config::ConfigText text, const std::vector<std::string>& overrides,
                    const std::string& path, ConfigUse use);

// All values as JSON, for --print-config, config.json and checkpoints.
std::string run_config_json(const RunConfig&);

// A key whose value differs, and both values as JSON.
struct ChangedKey {
  std::string path, before, now;
};
// Such as "train.seed 1 -> 2".
std::string in_words(const ChangedKey&);
// The keys in which two configurations differ, in the table's order.
std::vector<ChangedKey> changed_keys(const RunConfig& before, const RunConfig& now);

}  // namespace config
