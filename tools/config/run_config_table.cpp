// The one table of configuration keys.
#include "engine/backend.h"
#include "engine/device_words.h"
#include "engine/precision.h"
#include "tools/config/model_keys.h"
#include "tools/config/run_config.h"
#include "tools/config/run_config_rules.h"
#include "tools/config/shared_limits.h"

namespace config {
namespace {

using base::between;

constexpr double kMostSteps = 1e12;     // of updates; a double counts them exactly
constexpr double kMostCount = 1 << 30;  // of things that an int counts
constexpr base::Interval kSteps = between(0, kMostSteps);

void bind_format(ConfigTable& t, const std::string& key, std::string& path, const char* meaning) {
  t.text(key, path, meaning);
}
void bind_format(ConfigTable& t, const std::string& key, std::vector<std::string>& paths,
                 const char* meaning) {
  t.texts(key, paths, meaning);
}

void bind_source(ConfigTable& t, const std::string& path, data::Source& s) {
  for (const data::Format& f : data::formats())
    std::visit([&](auto field) { bind_format(t, path + "." + f.key, s.*field, f.meaning); },
               f.field);
  t.text(path + ".images", s.images,
         "folder of the images; VOC and YOLO need it only if the images lie elsewhere");
  t.text(path + ".names", s.names,
         "file of class names for VOC and YOLO, one per line; if empty, the data set's own names");
  t.text(path + ".split", s.split, "which images of a data.yaml or of VOC's ImageSets/Main");
}

void bind_crop(ConfigTable& t, data::CropOptions& c) {
  using data::CropKind;
  t.section("data.augment.crop", "Random crops of the training images");
  t.choice("data.augment.crop.kind", c.kind,
           {{"none", CropKind::none},
            {"random", CropKind::random},
            {"ssd", CropKind::ssd},
            {"ssd_pad", CropKind::ssd_pad},
            {"ssd_fixed_aspect", CropKind::ssd_fixed_aspect},
            {"ssd_pad_fixed_aspect", CropKind::ssd_pad_fixed_aspect}},
           "random crops by the keys below (as in the original); the kinds that begin with ssd "
           "crop as SSD does and ignore these keys");
  t.number("data.augment.crop.min_object_covered", c.min_object_covered, data::limits::part,
           "part of at least one box that the window must cover");
  t.number("data.augment.crop.min_aspect", c.aspect_min, data::limits::crop_aspect,
           "smallest width / height of the window");
  t.number("data.augment.crop.max_aspect", c.aspect_max, data::limits::crop_aspect,
           "largest width / height of the window");
  t.number("data.augment.crop.min_area", c.area_min, data::limits::crop_area,
           "smallest part of the image's area");
  t.number("data.augment.crop.max_area", c.area_max, data::limits::crop_area,
           "largest part of the image's area");
  t.number("data.augment.crop.overlap_threshold", c.overlap_threshold, data::limits::part,
           "a box is dropped if a smaller part of it is inside the window");
  t.flag("data.augment.crop.clip_boxes", c.clip_boxes,
         "whether boxes are cut at the window's border");
  t.number("data.augment.crop.skip_probability", c.random_coef, data::limits::part,
           "probability that the image stays whole");
}

void bind_colour(ConfigTable& t, data::ColourOptions& c) {
  using data::ColourOrder;
  t.section("data.augment.colour", "Colour jitter of the training images");
  t.number("data.augment.colour.probability", c.probability, data::limits::part,
           "probability that an image is changed; the original changes none");
  t.number("data.augment.colour.brightness", c.brightness, data::limits::part,
           "largest shift of the brightness, as a fraction of the value range");
  t.number("data.augment.colour.min_contrast", c.contrast_low, data::limits::colour_factor,
           "smallest factor of the contrast");
  t.number("data.augment.colour.max_contrast", c.contrast_high, data::limits::colour_factor,
           "largest factor of the contrast");
  t.number("data.augment.colour.hue", c.hue, data::limits::hue,
           "largest shift of the hue, in turns");
  t.number("data.augment.colour.min_saturation", c.saturation_low, data::limits::colour_factor,
           "smallest factor of the saturation");
  t.number("data.augment.colour.max_saturation", c.saturation_high, data::limits::colour_factor,
           "largest factor of the saturation");
  t.choice(
      "data.augment.colour.order", c.order,
      {{"brightness_saturation_hue_contrast", ColourOrder::brightness_saturation_hue_contrast},
       {"brightness_contrast_saturation_hue", ColourOrder::brightness_contrast_saturation_hue}},
      "order of the four changes");
}

void bind_data(ConfigTable& t, DataConfig& d) {
  data::SampleOptions& s = d.sample;
  t.section("data.train",
            "Images to train on, in one of the formats; paths are relative to the working folder");
  bind_source(t, "data.train", d.train);
  t.section("data.val", "Images to evaluate on");
  bind_source(t, "data.val", d.val);
  t.section("data", "Images and boxes");
  t.text("data.label_map", d.label_map,
         "label map (.pbtxt) of TFRecord shards; coco for COCO's 80 classes; if empty, the file "
         "beside the shards");
  t.choice(
      "data.exif", d.image_policy.exif,
      {{"upright", data::ExifPolicy::upright}, {"stored", data::ExifPolicy::stored}},
      "whether images with an orientation in EXIF are turned upright, with their boxes, or read "
      "as they are stored (as in the original)");
  t.flag("data.follow_links", d.image_policy.follow_links,
         "whether images are read through symbolic links that lead out of their folder");
  t.flag(
      "data.keep_grouping_class", d.keep_grouping_class,
      "whether a category without boxes that is the supercategory of all others is a class, too");
  t.numbers("data.mean", d.mean, {.each = between(-1e6, 1e6)},
            "subtracted from red, green and blue, which are in 0..255");
  t.numbers("data.std", d.std, {.each = between(1e-6, 1e6)},
            "divisors of red, green and blue after that");
  t.choice(
      "data.crowd", s.ground_truth.crowd,
      {{"train", data::CrowdPolicy::train}, {"ignore", data::CrowdPolicy::ignore}},
      "whether crowd regions are trained like other objects (as in the original), or left out");
  t.choice("data.overshoot", s.ground_truth.overshoot,
           {{"drop", data::OvershootPolicy::drop}, {"clip", data::OvershootPolicy::clip}},
           "whether a box that reaches past the right or lower border by 1 px or more is dropped "
           "(as in the original), or cut; by less than 1 px it is always cut");
  t.choice("data.on_bad_image", s.image_errors,
           {{"error", data::ImageErrorPolicy::error}, {"skip", data::ImageErrorPolicy::skip}},
           "what to do if an image cannot be read: end the run, or go on without it (for at most "
           "1% of the images)");
  t.number("data.max_boxes", s.max_boxes, limits::boxes,
           "largest number of boxes per image in training; the first ones are taken");
  t.number("data.threads", d.threads, limits::threads,
           "threads that read and decode; 0 for one per core");
  t.number("data.queue", d.queue, between(1, 1024), "batches prepared ahead");
  t.number("data.cache_mib", d.cache_mib, between(0, 1 << 24),
           "MiB of decoded images kept in host memory, shared by a machine's ranks; 0 for none");
  t.number("data.device_cache_mib", d.device_cache_mib, between(0, 1 << 24),
           "MiB of decoded training images kept in the device's memory, except those with more "
           "than four times the input's pixels; 0 for none");
  t.section("data.augment", "Augmentation");
  t.number("data.augment.flip_probability", s.augment.flip_probability, data::limits::part,
           "probability of mirroring left and right");
  bind_crop(t, s.augment.crop);
  bind_colour(t, s.augment.colour);
}

void bind_optimizer(ConfigTable& t, engine::RuleOptions& o) {
  t.section("train.optimizer", "The rule by which gradients change weights");
  t.choice("train.optimizer.kind", o.kind,
           {{name_of(engine::RuleKind::momentum), engine::RuleKind::momentum},
            {name_of(engine::RuleKind::adamw), engine::RuleKind::adamw}},
           "momentum is SGD with train.momentum and train.weight_decay; adamw has the keys below");
  t.number("train.optimizer.beta1", o.adamw.beta1, between(0, 0.999999),
           "adamw: decay of the gradient's moving average");
  t.number("train.optimizer.beta2", o.adamw.beta2, between(0, 0.999999),
           "adamw: decay of the moving average of the gradient's square");
  t.number("train.optimizer.epsilon", o.adamw.epsilon, {0, 1, true},
           "adamw: added to the square root of that average");
  t.number("train.optimizer.weight_decay", o.adamw.weight_decay, between(0, 1),
           "adamw: decoupled decay of convolution kernels; a step subtracts rate * this * weight");
}

void bind_schedule(ConfigTable& t, ScheduleConfig& s) {
  using Kind = kernels::Schedule::Kind;
  t.section("train.schedule", "Learning rate");
  t.choice("train.schedule.kind", s.kind,
           {{"cosine", Kind::cosine}, {"step", Kind::manual}, {"constant", Kind::constant}},
           "how the rate changes after the warm-up");
  t.number("train.schedule.base_rate", s.base_rate, between(0, 1e6),
           "rate at the end of the warm-up, for the reference batch");
  t.number("train.schedule.reference_batch", s.reference_batch, between(0, kMostCount),
           "images per step for which the rates are meant; they are scaled to the batch in use, "
           "unless this is 0");
  t.number("train.schedule.warmup_rate", s.warmup_rate, between(0, 1e6),
           "rate of the first step, for the reference batch");
  t.number("train.schedule.warmup_steps", s.warmup_steps, kSteps,
           "steps in which the rate goes from warmup_rate to base_rate; 0 for no warm-up");
  t.number("train.schedule.total", s.total, kSteps,
           "step at which the schedule ends; 0 for the end of the run");
  t.numbers("train.schedule.boundaries", s.boundaries,
            {{0, 1, true}, 0, kernels::kMaxBoundaries - 1},
            "step: where the rate drops, as fractions of the total");
  t.number("train.schedule.factor", s.factor, {0, 1, true},
           "step: the rate is multiplied by it at each boundary");
}

// For a key whose value is one of these words.
std::vector<std::pair<std::string, std::string>> as_choices(const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> choices;
  for (const std::string& word : words) choices.emplace_back(word, word);
  return choices;
}

void bind_loss(ConfigTable& t, TrainConfig& train) {
  model::LossOptions& l = train.loss;
  t.section("train.loss", "Losses");
  t.number("train.loss.alpha", l.alpha, between(0, 1), "focal loss: weight of the positives");
  t.number("train.loss.gamma", l.gamma, between(0, 10),
           "focal loss: exponent that makes the loss of easy anchors smaller");
  t.number("train.loss.delta", l.delta, between(1e-6, 1e6),
           "Huber loss: error from which on the loss is linear");
  t.number("train.loss.classification_weight", l.classification_weight, between(0, 1e6),
           "factor of the focal loss");
  t.number("train.loss.localization_weight", l.localization_weight, between(0, 1e6),
           "factor of the Huber loss");
  t.choice(
      "train.loss.normalizer", l.normalizer,
      {{"per_rank", model::LossNormalizer::per_rank}, {"global", model::LossNormalizer::global}},
      "losses are divided by the matches of each rank's batch (as in the original), or of all");

  LossScaleConfig& s = train.loss_scale;
  t.section("train.loss_scale", "Dynamic loss scale, used by precision fp16");
  t.number("train.loss_scale.initial", s.initial, between(1e-30, 1e30), "scale of the first step");
  t.number(
      "train.loss_scale.growth", s.options.growth, {1, 1024, true},
      "the scale is multiplied by it after enough finite steps, and divided by it on an overflow");
  t.number("train.loss_scale.interval", s.options.interval, between(1, kMostCount),
           "finite steps before the scale grows");
  t.number("train.loss_scale.hysteresis", s.options.hysteresis, between(1, kMostCount),
           "from this overflow on, counted since the scale last grew, each lowers the scale; "
           "TensorFlow has 1, Megatron 2");
  t.number("train.loss_scale.min", s.options.min, between(1e-30, 1e30), "least scale");
  t.number("train.loss_scale.max_consecutive_skips", s.max_consecutive_skips,
           between(1, kMostCount),
           "the run ends after so many skipped steps in a row at the least scale");

  t.section("train.divergence", "When a run counts as diverged, and ends with exit code 5");
  t.number("train.divergence.max_loss", train.divergence.max_loss, between(0, 1e30),
           "largest total loss of a run that has not diverged; 0 for no limit");
  t.number(
      "train.divergence.steps", train.divergence.steps, between(1, kMostCount),
      "the run ends after so many steps in a row with a larger loss, or one that is not finite");

  t.section("train.early_stopping", "End of the run if evaluations no longer improve");
  t.number("train.early_stopping.patience", train.early_stopping.patience, between(0, 1 << 20),
           "evaluations without a gain after which the run ends; 0 for no limit");
  t.number("train.early_stopping.min_gain", train.early_stopping.min_gain, between(0, 1),
           "a smaller gain counts as none");
  t.choice("train.early_stopping.metric", train.early_stopping.metric,
           as_choices({"mAP", "mAP@.50IOU", "AR@100"}),
           "the metric that has to grow; it also decides which checkpoint is the best");
}

void bind_train(ConfigTable& t, TrainConfig& c) {
  t.section("train", "Training");
  t.number("train.batch_size", c.batch_size, limits::batch_size, "images per rank and step");
  t.number("train.steps", c.steps, kSteps,
           "updates of the weights in the run; or give train.epochs");
  t.number("train.epochs", c.epochs, between(0, 1e6),
           "passes over the training images; or give train.steps");
  t.number("train.seed", c.seed, base::at_least(0), "seed of all random numbers");
  t.choice("train.precision", c.precision, as_choices(engine::precision_names()),
           "dtype of the network's weights and activations; sums, losses and master weights are "
           "always fp32");
  t.text("train.device", c.device, engine::kDeviceNames);
  t.flag("train.deterministic", c.deterministic,
         "whether every run with the same seed, device and number of threads gives the same bits; "
         "on a CPU it always does");
  t.choice("train.conv_algorithm", c.conv_algorithm, as_choices(engine::conv_algorithm_names()),
           "for fp32 and bf16 convolutions with 3x3 kernels on a CPU; auto takes Winograd where it "
           "is known to be faster");
  t.choice("train.weight_gradients", c.weight_gradients,
           as_choices(engine::weight_gradient_names()),
           "gradients of kernels on a GPU in fp16 and bf16: exact never rounds them to the half "
           "type, half does where that is faster; auto is half in fp16, and in bf16 exact where "
           "cuDNN can");
  t.flag("train.graph", c.graph, "whether a GPU replays the step as one recorded graph");
  t.text("train.plan_cache", c.plan_cache,
         "folder that keeps a GPU's convolution plans; auto for the user's cache, empty for none");
  t.number("train.threads", c.threads, limits::threads,
           "CPU threads that compute; 0 for one per core");
  t.number("train.memory_gib", c.memory_gib, limits::memory_gib,
           "GiB of the device's memory for one step, which ranks on one CPU share; 0 for most of "
           "what is free");
  t.number("train.momentum", c.optimizer.momentum.momentum, between(0, 0.999999),
           "momentum SGD: factor of the running sum of gradients");
  t.number("train.weight_decay", c.optimizer.momentum.weight_decay, between(0, 1),
           "momentum SGD: weight of the L2 loss of convolution kernels");
  t.number("train.clip_norm", c.clip_norm, between(0, 1e30),
           "largest norm of the whole gradient; 0 for no limit");
  t.number("train.accumulate", c.accumulate, between(1, 4096),
           "batches whose gradients make one update");
  t.number("train.ema", c.ema, between(0, 0.999999),
           "decay of the moving average of the weights; 0 for no average");
  t.texts("train.freeze", c.freeze,
          "parameters whose names begin with one of these are not trained");
  bind_optimizer(t, c.optimizer);
  bind_schedule(t, c.schedule);
  bind_loss(t, c);
}

void bind_eval(ConfigTable& t, EvalConfig& c) {
  t.section("eval", "Evaluation on data.val");
  t.number("eval.every_steps", c.every_steps, kSteps,
           "steps between two evaluations; 0 for one at the end of the run");
  t.number("eval.every_epochs", c.every_epochs, between(0, 1e6),
           "epochs between two evaluations; 0 to use eval.every_steps");
  t.number("eval.score_threshold", c.nms.score_threshold, limits::score,
           "detections with this score or less are dropped");
  t.number("eval.iou_threshold", c.nms.iou_threshold, limits::overlap,
           "IoU of two boxes above which the one with the lower score is dropped");
  t.number("eval.max_per_class", c.nms.max_per_class, limits::boxes,
           "detections per class and image");
  t.number("eval.max_total", c.nms.max_total, limits::boxes, "detections per image");
  t.number("eval.batch_size", c.batch_size, between(0, limits::batch_size.high),
           "images per batch; 0 for train.batch_size");
  t.flag("eval.reference_area", c.reference_area,
         "whether the size of an object is its box's area (as in the original) instead of the "
         "annotation's");
}

void bind_ranks(ConfigTable& t, RanksConfig& r) {
  t.section("ranks", "Processes that train together, each with a part of every batch");
  t.number("ranks.count", r.count, limits::ranks,
           "how many; without a launcher such as torchrun they are started on this machine");
  t.number("ranks.timeout_seconds", r.timeout_seconds, between(0.1, 1e6),
           "seconds of silence after which a rank is taken to hang, and all ranks end");
  t.number("ranks.check_every", r.check_every, kSteps,
           "steps between two checks that all ranks have equal weights; 0: none");
  t.number("ranks.buckets", r.sums.buckets, between(1, 64),
           "GPUs: parts of the gradients that are added up while the backward pass still runs");
  t.choice("ranks.sum_precision", r.sums.half,
           {{engine::sum_precision_name(std::nullopt), std::nullopt},
            {engine::sum_precision_name(kernels::DType::f16), kernels::DType::f16},
            {engine::sum_precision_name(kernels::DType::bf16), kernels::DType::bf16}},
           "dtype in which gradients are added up over the ranks; fp16 needs train.precision=fp16");
}

}  // namespace

config::ConfigTable run_config_table(RunConfig& c, ConfigUse use) {
  ConfigTable t;
  t.text("name", c.name, "name of the run's folder; if empty, that of the configuration file");
  t.text("output_dir", c.output_dir, "folder of the run; if empty, runs/<name>/<next number>");
  t.number("time_budget_minutes", c.time_budget_minutes, between(0, 1e7),
           "minutes after which the run stops with a checkpoint; 0 for no limit");
  bind_model(t, c.model);
  bind_data(t, c.data);
  bind_train(t, c.train);
  bind_eval(t, c.eval);
  t.section("checkpoint", "Checkpoints");
  t.number("checkpoint.every_steps", c.checkpoint.every_steps, kSteps,
           "steps between two checkpoints; 0 for one at each evaluation and at the end");
  t.number("checkpoint.keep", c.checkpoint.keep, between(1, 10000),
           "number of numbered checkpoints that are kept beside last and best; 1 for none");
  t.text("checkpoint.init_from", c.checkpoint.init_from,
         "weights to start from: a checkpoint, the folder of a run, or a ResNet-50 (files of "
         "safetensors, TensorFlow or PyTorch)");
  bind_ranks(t, c.ranks);
  t.section("log", "Logs");
  t.number("log.every_steps", c.log.every_steps, between(1, kMostCount), "steps between two lines");
  t.flag("log.report", c.log.report,
         "whether the run writes report.html, at every evaluation and at its end");
  add_rules(t, c, use);
  return t;
}

}  // namespace config
