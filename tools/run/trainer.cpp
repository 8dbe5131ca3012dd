#include "tools/run/trainer.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "model/import_weights.h"
#include "tools/run/run_options.h"
#include "tools/run/training_samples.h"

namespace run {

using base::ExitCode, base::fail;

namespace {

// How a metric of train.early_stopping.metric is found among COCO's twelve.
double chosen_metric(const data::Evaluation& e, const std::string& name) {
  if (name == "mAP@.50IOU") return e.stats[1];
  return name == "AR@100" ? e.stats[8] : e.stats[0];
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

const std::vector<std::string> kColumns{"Loss/total_loss",
                                        "Loss/classification_loss",
                                        "Loss/localization_loss",
                                        "Loss/regularization_loss",
                                        "learning_rate",
                                        "gradient_norm",
                                        "loss_scale",
                                        "skipped_steps",
                                        "images_per_second"};

std::vector<std::string> csv_columns() {
  std::vector<std::string> columns = kColumns;
  for (const std::string& name : data::metric_names()) columns.push_back(name);
  return columns;
}

}  // namespace

Trainer::Trainer(const config::RunConfig& config, const ModelFile* resumed)
    : config_(config),
      train_(load_dataset(config.data.train, config.data.label_map)),
      val_(config.data.val.given() ? load_dataset(config.data.val, config.data.label_map)
                                   : data::Dataset()),
      classes_(resumed
                   ? resumed->classes()
                   : ClassList(train_, config.model.class_columns, config.model.options.classes)),
      total_steps_(total_steps(config, train_)),
      device_(config.train.device, config.train.memory_gib, config.train.threads,
              backend_options(config.train), image_cache_bytes(config, train_)),
      parameters_(device_.backend(), engine::precision_named(config.train.precision)) {
  if (resumed) refuse_other_classes(*resumed);
  config_.model.options.classes = classes_.classes();
  plan_ahead();
  detector_ = std::make_unique<model::Detector>(parameters_, config_.model.options);
  parameters_.allocate(uint64_t(config.train.seed), config.train.freeze);
  const bool scaled = parameters_.precision().scale_loss;
  optimizer_ = std::make_unique<engine::Optimizer>(device_.backend(), parameters_,
                                                   optimizer_options(config_, total_steps_),
                                                   scaled ? config.train.loss_scale.initial : 1.0);
  start_weights(resumed);
  step_ = std::make_unique<TrainingStep>(device_, *detector_, parameters_, *optimizer_,
                                         StepOptions{.batch_size = config.train.batch_size,
                                                     .max_boxes = config.data.sample.max_boxes,
                                                     .accumulate = config.train.accumulate,
                                                     .graph = config.train.graph,
                                                     .scaling = channel_scaling(config.data),
                                                     .loss = config.train.loss});
  open_loader();
}

// Refuses a batch that does not fit, before anything else takes memory or time.
void Trainer::plan_ahead() {
  const int evaluated = evaluation_batch(config_, int64_t(val_.images.size()));
  plan_ = plan_memory(device_.backend(), config_, evaluated);
  if (const engine::View cache = device_.image_cache()) plan_.image_cache = engine::bytes_of(cache);
  check_fits(device_.backend(), config_, plan_, evaluated, device_.arena().size());
}

void Trainer::start_weights(const ModelFile* resumed) {
  if (resumed) {
    resumed->load_training(device_.backend(), parameters_, *optimizer_);
    state_ = resumed->state();
    if (state_.threads != omp_get_max_threads())
      remarks_.push_back(fmt::format(
          "note: saved with {} CPU threads, going on with {}: results are no longer equal "
          "bit for bit",
          state_.threads, omp_get_max_threads()));
  } else if (!config_.checkpoint.init_from.empty()) {
    remarks_.push_back(
        model::import_weights(device_.backend(), config_.checkpoint.init_from, parameters_)
            .in_words());
    optimizer_->restart_average();
  }
  state_.threads = omp_get_max_threads();
  stopped_early_ = patience_is_over();  // already, when a run that stopped early is resumed
}

bool Trainer::patience_is_over() const {
  const int patience = config_.train.early_stopping.patience;
  return patience > 0 && state_.evaluations_without_gain >= patience;
}

// What the checkpoint's classes lack would be trained as background.
void Trainer::refuse_other_classes(const ModelFile& resumed) const {
  const int wanted = config_.model.options.classes;
  if (wanted > 0 && wanted != classes_.classes())
    fail(ExitCode::checkpoint, resumed.path(), ": a model of ", classes_.classes(),
         " classes, expected model.num_classes ", wanted);
  const auto columns = classes_.columns_of(train_);
  const auto unknown = std::find(columns.begin(), columns.end(), -1);
  if (unknown != columns.end())
    fail(ExitCode::checkpoint, resumed.path(), ": no class '",
         train_.categories[size_t(unknown - columns.begin())].name,
         "', which the training data has; use --init-from to train other classes");
}

void Trainer::open_loader() {
  data::LoaderOptions options = training_loader(config_, train_, classes_);
  pixels_ = std::make_unique<engine::Memory>(device_.backend(), options.pixel_bytes(),
                                             engine::Place::pinned);
  options.device_cache_bytes = plan_.image_cache;
  options.pixels = {static_cast<uint8_t*>(pixels_->data()), pixels_->bytes()};
  loader_ = std::make_unique<data::Loader>(train_, options, state_.cursor);
}

RunState Trainer::state() const {
  RunState s = state_;
  s.optimizer = optimizer_->read_state();
  s.cursor = loader_->cursor();
  return s;
}

void Trainer::dry_run() {
  const data::Batch* batch = loader_->next();
  for (int i = 0; i < config_.train.accumulate; ++i) step_->run(*batch);
  const StepLosses losses = step_->losses();
  fmt::print("model: {} trainable values, {} classes, input {} x {}\n",
             parameters_.trainable_values(), classes_.classes(), config_.model.options.height,
             config_.model.options.width);
  fmt::print("data: {} training images, {} validation images, {} steps of {} images\n",
             train_.images.size(), val_.images.size(), total_steps_, images_per_step(config_));
  fmt::print("memory: {}\n", in_words(plan_, device_.arena().size()));
  fmt::print(
      "one step: total loss {:.4f} (classification {:.4f}, localization {:.4f}, regularization "
      "{:.4f})\n",
      losses.total, losses.classification, losses.localization, losses.regularization);
}

void Trainer::announce() {
  log_->parameters(config::run_config_json(config_));
  for (const std::string& remark : remarks_) log_->message(remark);
  log_->message(fmt::format("{}: {} images, {} classes; device {}, {}; {}",
                            folder_->path().string(), train_.images.size(), classes_.list().size(),
                            device_.backend().name(), config_.train.precision,
                            config_.rate_in_words(images_per_step(config_))));
  log_->message("memory: " + in_words(plan_, device_.arena().size()));
  if (config_.data.device_cache_mib > 0) {  // also where no image fits
    constexpr double kMiB = 1 << 20;
    const model::DetectorOptions& o = config_.model.options;
    const data::CacheNeed need = data::cache_need(train_, {o.height, o.width});
    log_->message(fmt::format("image cache: {:.1f} of {:.1f} MiB, which {} of {} images would take",
                              double(plan_.image_cache) / kMiB, double(need.bytes) / kMiB,
                              need.pictures, train_.images.size()));
  }
  if (state_.step > 0)
    log_->message(fmt::format("going on from step {} of {}", state_.step, total_steps_));
}

bool Trainer::run(const RunFolder& folder, const StopSignal& stop) {
  folder_ = &folder;
  files_ = std::make_unique<CheckpointFiles>(folder, config_.checkpoint.keep);
  log_ = std::make_unique<logs::TrainingLog>(
      folder.path(), logs::TrainingLogOptions{.total_steps = total_steps_,
                                              .last_step = state_.step,
                                              .every = config_.log.every_steps,
                                              .columns = csv_columns()});
  announce();
  counted_from_ = std::chrono::steady_clock::now();
  while (!done()) {
    if (stop.requested()) {
      save();
      log_->message(fmt::format("stopped by {} after step {}: go on with --resume {}",
                                stop.reason(), state_.step, folder.file("last.safetensors")));
      return false;
    }
    one_step();
    if (evaluation_due()) evaluate(done());
    if (save_due() && saved_step_ != state_.step) save();
  }
  finish();
  return true;
}

void Trainer::one_step() {
  bool updated = false;
  while (!updated) {
    const data::Batch* batch = loader_->next();
    if (state_.step == 0 && images_counted_ == 0) write_samples(*batch);
    tell_skipped();
    updated = step_->run(*batch);
    images_counted_ += batch->images;
  }
  ++state_.step;
  if (log_->shows(state_.step)) log_step();
}

void Trainer::tell_skipped() {
  for (; skipped_told_ < loader_->skipped().size(); ++skipped_told_)
    log_->message(fmt::format("skipped image {}: {}", skipped_told_ + 1,
                              loader_->skipped()[skipped_told_].reason));
}

void Trainer::log_step() {
  const StepLosses losses = step_->losses();
  const engine::OptimizerState optimizer = optimizer_->read_state();
  const double rate = double(images_counted_) / std::max(seconds_since(counted_from_), 1e-9);
  logs::NamedValues values{{"Loss/total_loss", losses.total},
                           {"Loss/classification_loss", losses.classification},
                           {"Loss/localization_loss", losses.localization},
                           {"Loss/regularization_loss", losses.regularization},
                           {"learning_rate", optimizer.learning_rate},
                           {"loss_scale", optimizer.loss_scale},
                           {"skipped_steps", double(optimizer.skipped)},
                           {"images_per_second", rate}};
  if (config_.train.clip_norm > 0)  // only then it is computed
    values.emplace_back("gradient_norm", optimizer.gradient_norm);
  const std::string detail =
      fmt::format("loss {:.4f} (class {:.4f}, box {:.4f})  lr {:.3g}  {:.1f} img/s", losses.total,
                  losses.classification, losses.localization, optimizer.learning_rate, rate);
  log_->step(state_.step, loader_->cursor().epoch, values, detail);
  check_progress(optimizer);
  if (!log_->due(state_.step)) return;
  rate_sum_ += rate;
  ++rates_;
  images_counted_ = 0;
  counted_from_ = std::chrono::steady_clock::now();
}

void Trainer::check_progress(const engine::OptimizerState& s) const {
  const config::LossScaleConfig& l = config_.train.loss_scale;
  const bool at_floor = !parameters_.precision().scale_loss || s.loss_scale <= l.options.min;
  if (at_floor && s.skipped_in_a_row >= l.max_consecutive_skips)
    fail(ExitCode::diverged, "training diverged: the gradients of ", s.skipped_in_a_row,
         " steps up to step ", state_.step,
         " were not finite; lower train.schedule.base_rate or set train.clip_norm, and go on with "
         "--resume ",
         folder_->path().string());
}

bool Trainer::evaluation_due() const {
  if (val_.images.empty()) return false;
  if (done()) return true;
  int64_t every = config_.eval.every_steps;
  if (config_.eval.every_epochs > 0) {
    const double per_epoch = double(train_.images.size()) / double(images_per_step(config_));
    every = std::max<int64_t>(1, std::llround(config_.eval.every_epochs * per_epoch));
  }
  return every > 0 && state_.step % every == 0;
}

bool Trainer::save_due() const {
  const int64_t every = config_.checkpoint.every_steps;
  return done() || (every > 0 ? state_.step % every == 0 : evaluation_due());
}

bool Trainer::metric_improved(const data::Evaluation& metrics) {
  const double metric = chosen_metric(metrics, config_.train.early_stopping.metric);
  const bool better =
      metric >
      state_.best_metric + (state_.best_step > 0 ? config_.train.early_stopping.min_gain : 0);
  if (better) {
    state_.best_metric = metric;
    state_.best_step = state_.step;
    state_.evaluations_without_gain = 0;
  } else {
    ++state_.evaluations_without_gain;
  }
  stopped_early_ = patience_is_over();
  return better;
}

void Trainer::evaluate(bool final) {
  base::Range range("evaluation");
  const auto start = std::chrono::steady_clock::now();
  if (!inference_) {
    inference_ = std::make_unique<Inference>(
        device_, *detector_, evaluation_batch(config_, int64_t(val_.images.size())),
        config_.data.sample.max_boxes, config_.eval.nms, channel_scaling(config_.data));
  }
  optimizer_->swap_average(device_.queue());
  const ModelEvaluation result = evaluate_model(*inference_, config_, val_, classes_);
  optimizer_->swap_average(device_.queue());
  if (result.unreadable > 0)
    log_->message(fmt::format("{} of {} validation images could not be read and were left out",
                              result.unreadable, val_.images.size()));
  const bool better = metric_improved(result.metrics);
  log_->evaluation(state_.step, loader_->cursor().epoch, named_metrics(result.metrics));
  log_->message(fmt::format(
      "step {}: mAP {:.4f}, mAP50 {:.4f}, AR100 {:.4f} on {} images in {:.1f} s{}", state_.step,
      result.metrics.stats[0], result.metrics.stats[1], result.metrics.stats[8], val_.images.size(),
      seconds_since(start), better ? ", the best so far" : ""));
  if (final || stopped_early_ || better) write_evaluation(folder_->path().string(), result, val_);
  if (better) {
    save();
    files_->last_is_best();
  }
  images_counted_ = 0;
  counted_from_ = std::chrono::steady_clock::now();
}

void Trainer::save() {
  base::Range range("checkpoint");
  files_->save(device_.backend(), {.config = config_,
                                   .classes = classes_,
                                   .parameters = parameters_,
                                   .optimizer = *optimizer_,
                                   .state = state()});
  saved_step_ = state_.step;
}

void Trainer::write_samples(const data::Batch& batch) const {
  write_training_samples(folder_->file("samples"), batch, channel_scaling(config_.data),
                         {config_.model.options.height, config_.model.options.width}, classes_);
}

void Trainer::finish() {
  logs::NamedValues values;
  if (rates_ > 0) values.emplace_back("train_throughput", rate_sum_ / double(rates_));
  if (state_.best_step > 0)
    values.emplace_back("best_" + config_.train.early_stopping.metric, state_.best_metric);
  log_->summary(values);
  log_->message(fmt::format("{} after step {}; everything is in {}",
                            stopped_early_ ? "stopped early" : "done", state_.step,
                            folder_->path().string()));
}

}  // namespace run
