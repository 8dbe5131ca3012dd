#include "tools/config/run_config_rules.h"

#include <fmt/format.h>

#include "engine/backend.h"
#include "engine/base/counted.h"
#include "engine/device_words.h"
#include "engine/precision.h"

namespace config {
namespace {

using config::ConfigTable;

std::string unless(bool good, const std::string& complaint) { return good ? "" : complaint; }

// Of two counts, 0 stands for none. Most often one is in the file, and the other on the command
// line.
std::string both_given(const std::string& first, const std::string& second) {
  return fmt::format(
      "{0} and {1} are both given: keep one; {0}=0 or {1}=0 on the command line removes the other",
      first, second);
}

bool plain_folder_name(const std::string& name) {
  constexpr size_t kLongest = 100;
  if (name.size() > kLongest || name == "." || name == "..") return false;
  for (unsigned char c : name)
    if (c == '/' || c < 0x20 || c == 0x7f) return false;
  return true;
}

void run_rules(ConfigTable& t, const RunConfig& c) {
  t.rule({"name"}, [&c] {
    return unless(plain_folder_name(c.name),
                  "expected the name of a folder: no slash, at most 100 characters");
  });
  t.rule({"train.device"}, [&c] {
    return unless(engine::known_device(c.train.device),
                  std::string("expected ") + engine::kDeviceNames);
  });
}

void model_rules(ConfigTable& t, const RunConfig& c) {
  const model::DetectorOptions& o = c.model.options;
  for (auto [key, side] :
       {std::pair("model.input_height", &o.height), {"model.input_width", &o.width}})
    t.rule({key}, [side = side] {
      const int below = *side / 32 * 32;
      return unless(*side == below, fmt::format("expected a multiple of 32, such as {} or {}, "
                                                "found {}",
                                                below, below + 32, *side));
    });
  t.rule({"model.anchors.aspect_ratios", "model.anchors.scales_per_octave"}, [&o] {
    return unless(o.anchors_per_cell() <= model::limits::most_anchors_per_cell,
                  fmt::format("expected at most {} anchors per cell, found {}: {} for each of {}",
                              model::limits::most_anchors_per_cell, o.anchors_per_cell(),
                              base::counted(int64_t(o.scales_per_octave), "scale"),
                              base::counted(int64_t(o.aspect_ratios.size()), "aspect ratio")));
  });
}

// Whether a format that reads the value is given.
bool is_read(data::SourceValue value, const data::Source& s) {
  for (const data::Format& f : data::formats())
    if (f.given_in(s) && f.reads_value(value)) return true;
  return false;
}

void source_rules(ConfigTable& t, const std::string& path, const data::Source& s) {
  const std::string prefix = path + ".", images = prefix + "images", names = prefix + "names";
  for (const data::Format& other : data::formats())
    for (const data::Format& first : data::formats()) {
      if (&first == &other) break;
      const std::string key = prefix + first.key;
      const std::string without = first.needs_images ? key + "= " + images + "=" : key + "=";
      t.rule({prefix + other.key, key}, [&s, &first, &other, key, without] {
        return unless(!first.given_in(s) || !other.given_in(s),
                      key + " is given, too: keep one of them; " + without +
                          " on the command line removes it");
      });
    }
  const std::string first_key = prefix + data::formats().front().key;
  t.rule({images, first_key}, [&s, prefix, first_key] {
    return unless(s.images.empty() || s.given(),
                  first_key + " is missing: give one of " + data::format_keys(prefix));
  });
  std::vector<std::string> of_names{names};
  for (const data::Format& f : data::formats()) {
    const std::string key = prefix + f.key;
    if (f.needs_images)
      t.rule({key, images}, [&s, &f, images] {
        return unless(!f.given_in(s) || !s.images.empty(),
                      images + " is missing: the folder of the images");
      });
    if (!f.reads_value(data::SourceValue::images))
      t.rule({images, key}, [&s, &f] {
        return unless(s.images.empty() || !f.given_in(s),
                      f.why_unread(s, data::SourceValue::images));
      });
    if (f.reads_value(data::SourceValue::names)) of_names.push_back(key);
  }
  t.rule(of_names, [&s] {
    return unless(s.names.empty() || is_read(data::SourceValue::names, s),
                  "serves only " + data::formats_with(data::SourceValue::names) +
                      "; the other formats name their classes themselves");
  });
}

void data_rules(ConfigTable& t, const RunConfig& c) {
  const DataConfig& d = c.data;
  source_rules(t, "data.train", d.train);
  source_rules(t, "data.val", d.val);
  t.rule({"data.label_map"}, [&d] {
    constexpr auto kMap = data::SourceValue::label_map;
    return unless(d.label_map.empty() || is_read(kMap, d.train) || is_read(kMap, d.val),
                  "serves only " + data::formats_with(kMap) +
                      "; other formats name their classes themselves");
  });
  auto ordered = [&t](const std::string& low_key, const double& low, const std::string& high_key,
                      const double& high) {
    t.rule({low_key, high_key}, [&low, &high, low_key, high_key] {
      return unless(low <= high, fmt::format("{} is {}, more than {}, which is {}", low_key, low,
                                             high_key, high));
    });
  };
  const data::CropOptions& crop = d.sample.augment.crop;
  const data::ColourOptions& colour = d.sample.augment.colour;
  const std::string at = "data.augment.";
  ordered(at + "crop.min_aspect", crop.aspect_min, at + "crop.max_aspect", crop.aspect_max);
  ordered(at + "crop.min_area", crop.area_min, at + "crop.max_area", crop.area_max);
  ordered(at + "colour.min_contrast", colour.contrast_low, at + "colour.max_contrast",
          colour.contrast_high);
  ordered(at + "colour.min_saturation", colour.saturation_low, at + "colour.max_saturation",
          colour.saturation_high);
}

void schedule_rules(ConfigTable& t, const TrainConfig& train) {
  const ScheduleConfig& s = train.schedule;
  t.rule({"train.schedule.warmup_rate", "train.schedule.base_rate"}, [&s] {
    return unless(s.warmup_steps == 0 || s.warmup_rate <= s.base_rate,
                  fmt::format("the warm-up starts at {}, above train.schedule.base_rate {}",
                              s.warmup_rate, s.base_rate));
  });
  t.rule({"train.schedule.boundaries"}, [&s] {
    for (size_t i = 1; i < s.boundaries.size(); ++i)
      if (s.boundaries[i] <= s.boundaries[i - 1]) return std::string("expected a rising list");
    return std::string();
  });
}

void train_rules(ConfigTable& t, const RunConfig& c) {
  const TrainConfig& train = c.train;
  t.rule({"train.epochs", "train.steps"}, [&train] {
    return unless(train.steps == 0 || train.epochs == 0, both_given("train.steps", "train.epochs"));
  });
  schedule_rules(t, train);
  t.rule({"train.loss_scale.initial", "train.loss_scale.min"}, [&train] {
    return unless(train.loss_scale.initial >= train.loss_scale.options.min,
                  fmt::format("the scale starts at {}, below train.loss_scale.min {}",
                              train.loss_scale.initial, train.loss_scale.options.min));
  });
  t.rule({"train.freeze"}, [&train] {
    for (const std::string& prefix : train.freeze)
      if (prefix.empty()) return std::string("an empty prefix would freeze every parameter");
    return std::string();
  });
}

void eval_rules(ConfigTable& t, const RunConfig& c) {
  t.rule({"eval.every_epochs", "eval.every_steps"}, [&c] {
    return unless(c.eval.every_steps == 0 || c.eval.every_epochs == 0,
                  both_given("eval.every_steps", "eval.every_epochs"));
  });
  auto repeated = [&c] { return c.eval.every_steps > 0 || c.eval.every_epochs > 0; };
  t.rule({"eval.every_steps", "eval.every_epochs"}, [&c, repeated] {
    return unless(!repeated() || c.data.val.given(),
                  "nothing to evaluate on: give one of " + data::format_keys("data.val."));
  });
  t.rule({"train.early_stopping.patience"}, [&c, repeated] {
    return unless(c.train.early_stopping.patience == 0 || repeated(),
                  "needs evaluations during the run: set eval.every_steps or eval.every_epochs");
  });
}

void rank_rules(ConfigTable& t, const RunConfig& c) {
  t.rule({"ranks.sum_precision", "train.precision"}, [&c] {
    const bool scaled = engine::precision_named(c.train.precision).scale_loss;
    return unless(scaled || c.ranks.sums.half != kernels::DType::f16,
                  "fp16 needs the loss scale of train.precision=fp16, without which small "
                  "gradients become 0: take bf16 or fp32");
  });
}

void required_keys(ConfigTable& t, const RunConfig& c, ConfigUse use) {
  if (use == ConfigUse::training)
    t.rule({"model.batch_norm.mode", "checkpoint.init_from"}, [&c] {
      return unless(!c.model.options.frozen_batch_norm || !c.checkpoint.init_from.empty(),
                    "frozen needs stored statistics: set checkpoint.init_from");
    });
  if (use == ConfigUse::training || use == ConfigUse::resuming) {
    t.rule({"data.train.annotations"}, [&c] {
      return unless(c.data.train.given(),
                    "missing: the data to train on, one of " + data::format_keys("data.train."));
    });
    t.rule({"train.steps"}, [&c] {
      return unless(c.train.steps > 0 || c.train.epochs > 0,
                    "missing: the length of the run (or train.epochs)");
    });
  } else if (use == ConfigUse::evaluation) {
    t.rule({"data.val.annotations"}, [&c] {
      return unless(c.data.val.given(),
                    "missing: the data to evaluate on, one of " + data::format_keys("data.val."));
    });
  }
}

}  // namespace

void add_rules(ConfigTable& t, const RunConfig& c, ConfigUse use) {
  run_rules(t, c);
  model_rules(t, c);
  data_rules(t, c);
  train_rules(t, c);
  eval_rules(t, c);
  rank_rules(t, c);
  required_keys(t, c, use);
}

}  // namespace config
