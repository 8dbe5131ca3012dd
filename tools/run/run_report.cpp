#include "tools/run/run_report.h"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>

#include "data/loading/picture_places.h"
#include "data/metrics/coco_eval.h"
#include "engine/base/counted.h"
#include "engine/base/write_error.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/planned_run.h"
#include "tools/run/run_options.h"

namespace run {
namespace {

// Empty: there is none.
std::string newest_checkpoint(const std::string& folder) {
  for (const std::string& path : resumable(folder))
    if (std::error_code unknown; std::filesystem::exists(path, unknown)) return path;
  return {};
}

bool is_gone(const std::string& folder) {
  std::error_code unknown;
  return !std::filesystem::exists(folder, unknown) && !unknown;
}

// Says why there is no checkpoint in the folder of a run. A run follows a folder that is renamed.
std::string no_checkpoint_in_words(const std::string& folder) {
  return is_gone(folder)
             ? folder + " was removed, or moved to another disk, with what was saved there"
             : "no checkpoint was saved yet";
}

bool is_of_full_disk(const base::WriteError& error) {
  return error.reason() == ENOSPC || error.reason() == EDQUOT;
}

std::string cure_of_divergence(const config::RunConfig& config) {
  return fmt::format("lower train.schedule.base_rate (now {}) or set train.clip_norm (now {:g})",
                     config.rate_in_words(images_per_step(config)), config.train.clip_norm);
}

std::string way_on(const base::Error& error, const config::RunConfig& config,
                   const std::string& folder, int64_t saved_step) {
  const std::string newest = newest_checkpoint(folder);
  if (error.code() == base::ExitCode::diverged)
    return "; " + cure_of_divergence(config) +
           (newest.empty() ? ", and start anew: " + no_checkpoint_in_words(folder)
                           : ", and go on with --resume " + newest);
  const auto* unwritten = dynamic_cast<const base::WriteError*>(&error);
  if (saved_step == 0 && !unwritten) return {};
  const bool full = unwritten && is_of_full_disk(*unwritten);
  const std::string start = full ? "; the disk is full; " : "; ";
  const std::string cure = full ? "make room on it" : unwritten ? "mend that" : "mend the data";
  if (saved_step == 0 && newest.empty())
    return start + no_checkpoint_in_words(folder) + ": " +
           (is_gone(folder) ? "if it was moved, go on with --resume and its new place; else "
                            : cure + " and ") +
           "start anew";
  const std::string kept = saved_step > 0 ? fmt::format("step {} is saved", saved_step)
                                          : "the earlier " + newest + " is whole";
  return fmt::format("{}{}: {} and go on with --resume {}", start, kept, cure, folder);
}

}  // namespace

std::vector<std::string> result_columns() {
  std::vector<std::string> columns{"Loss/total_loss",
                                   "Loss/classification_loss",
                                   "Loss/localization_loss",
                                   "Loss/regularization_loss",
                                   "learning_rate",
                                   "gradient_norm",
                                   "loss_scale",
                                   "skipped_steps",
                                   "images_per_second"};
  for (const std::string& name : data::metric_names()) columns.push_back(name);
  return columns;
}

logs::NamedValues named_values(const StepLosses& losses, const engine::OptimizerState& optimizer,
                               double images_per_second) {
  return {{"Loss/total_loss", losses.total},
          {"Loss/classification_loss", losses.classification},
          {"Loss/localization_loss", losses.localization},
          {"Loss/regularization_loss", losses.regularization},
          {"learning_rate", optimizer.learning_rate},
          {"loss_scale", optimizer.loss_scale},
          {"skipped_steps", double(optimizer.skipped)},
          {"images_per_second", images_per_second}};
}

std::string step_in_words(const StepLosses& losses, double learning_rate,
                          const Throughput& throughput) {
  return fmt::format(
      "loss {:.4f} (class {:.4f}, box {:.4f})  lr {:.3g}  {:.1f} img/s  {:.3g} "
      "steps/s",
      losses.total, losses.classification, losses.localization, learning_rate, throughput.rate(),
      throughput.steps_per_second());
}

std::string losses_in_words(const StepLosses& losses) {
  return fmt::format(
      "total loss {:.4f} (classification {:.4f}, localization {:.4f}, regularization {:.4f})",
      losses.total, losses.classification, losses.localization, losses.regularization);
}

std::string model_in_words(engine::Backend& backend, const config::RunConfig& config,
                           const engine::Parameters& parameters, const MemoryPlan& plan) {
  constexpr double kMillion = 1e6, kBillion = 1e9;
  const model::DetectorOptions& o = config.model.options;
  const int64_t all = parameters.trainable_values(), trained = parameters.trained();
  return fmt::format(
      "{:.2f} M parameters{}, {:.2f} GFLOP for an image of {} x {}, {} of memory",
      double(all) / kMillion,
      trained < all ? fmt::format(" ({:.2f} M trained)", double(trained) / kMillion) : "",
      2 * double(macs_of_image(backend, config)) / kBillion, o.width, o.height,
      memory_in_units(plan.kept() + plan.step()));
}

std::string image_cache_in_words(const config::RunConfig& config, const data::Dataset& train,
                                 size_t cache) {
  constexpr double kMiB = 1 << 20;
  const model::DetectorOptions& o = config.model.options;
  const data::CacheNeed need = data::cache_need(train, {o.height, o.width});
  return fmt::format("image cache: {:.1f} of {:.1f} MiB, which {} of {} would take",
                     double(cache) / kMiB, double(need.bytes) / kMiB, need.pictures,
                     base::counted(int64_t(train.images.size()), "image"));
}

std::string stop_in_words(const std::string& reason, int64_t step, const RunFolder& folder) {
  return fmt::format("stopped by {} after step {}: go on with --resume {}", reason, step,
                     folder.file("last.safetensors"));
}

std::string end_in_words(const std::string& end, int64_t step, const std::string& best,
                         const RunFolder& folder) {
  return fmt::format("{} after step {}; {}{}everything is in {}", end, step, best,
                     best.empty() ? "" : "; ", folder.path().string());
}

std::string stopped_evaluation_in_words(int64_t step) {
  return fmt::format(
      "the evaluation after step {} was stopped; it comes first when the run goes on", step);
}

void fail_with_way_on(const base::Error& error, const config::RunConfig& config,
                      const RunFolder* folder, int64_t saved_step) {
  base::fail(error.code(), error.what(),
             folder ? way_on(error, config, folder->path().string(), saved_step) : "");
}

}  // namespace run
